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
        int? last = session.LastToken;
        return [.. ranked.Select(token => Name(token, model.Texts, last))];
    }

    private static NextToken Name(TokenProbability token, TokenTexts texts, int? last)
    {
        byte[] bytes = texts.BytesAfter(token.Id, last);
        return new NextToken(token.Id, texts.NameOf(token.Id, bytes), LogprobWriter.Finite(token.LogProbability), [.. bytes.Select(value => (int)value)]);
    }
}
