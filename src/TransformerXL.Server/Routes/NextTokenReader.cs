using TransformerXL.Inference;
using TransformerXL.Inference.Serving;
using TransformerXL.Models;
using TransformerXL.Server.OpenAi;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.Routes;

/// <summary>Finds the most probable next tokens of a session.</summary>
internal static class NextTokenReader
{
    public static NextToken[] Read(InferenceSession session, ServedModel model, int top)
    {
        ReadOnlySpan<float> logits = session.Logits().Span;
        double sum = LogitRanking.LogSumExp(logits);
        if (!double.IsFinite(sum))
        {
            throw new NotFiniteException($"after {session.Tokens} tokens the logits are not finite; {WeightHealth.Describe(session.Model)}");
        }

        IReadOnlyList<TokenProbability> ranked = new LogitRanking(model.Vocabulary).Top(logits, top, sum);
        return [.. ranked.Select(token => Name(token, model.Texts))];
    }

    private static NextToken Name(TokenProbability token, TokenTexts texts)
    {
        byte[] bytes = texts.BytesOf(token.Id);
        return new NextToken(token.Id, texts.NameOf(token.Id, bytes), LogprobWriter.Finite(token.LogProbability), [.. bytes.Select(value => (int)value)]);
    }
}
