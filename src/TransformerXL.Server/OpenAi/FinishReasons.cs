using TransformerXL.Inference.Serving;

namespace TransformerXL.Server.OpenAi;

/// <summary>Why a text ended, in words that clients know.</summary>
internal static class FinishReasons
{
    /// <summary>A text that ran out of time is one that is cut short: clients of this interface refuse other words.</summary>
    public static string Of(FinishReason reason) => reason == FinishReason.Stop ? "stop" : "length";
}
