using TransformerXL.Inference;
using TransformerXL.Server.OpenAi;
using TransformerXL.Server.Serving;
using TransformerXL.Tensors;

namespace TransformerXL.Server.Routes;

/// <summary>Finds the most probable next tokens of a session.</summary>
internal static class NextTokenReader
{
    public static NextToken[] Read(InferenceSession session, ServedModel model, int top)
    {
        float[] logits = session.Logits().Span.ToArray();
        double highest = logits.Max(), total = highest + PortableMath.Log(logits.Sum(logit => PortableMath.Exp(logit - highest)));
        return [.. Enumerable.Range(0, logits.Length)
            .OrderByDescending(id => logits[id])
            .Take(top)
            .Select(id => new NextToken(id, model.Texts.NameOf(id, model.Texts.BytesOf(id)), LogprobWriter.Finite(logits[id] - total), [.. model.Texts.BytesOf(id).Select(value => (int)value)]))];
    }
}
