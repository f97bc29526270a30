using TransformerXL.Interchange.HuggingFace.Xlnet;
using TransformerXL.Models;

namespace TransformerXL.Testing;

/// <summary>Encoders with the parts of XLNet.</summary>
public static class XlnetEncoders
{
    /// <summary>The same encoder with these parts.</summary>
    public static EncoderConfiguration WithParts(EncoderConfiguration configuration) => XlnetSettings.Parts(configuration);
}
