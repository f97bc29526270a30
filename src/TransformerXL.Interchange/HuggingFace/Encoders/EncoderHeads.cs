using System.Text.Json.Nodes;
using TransformerXL.Files;
using TransformerXL.Heads;

namespace TransformerXL.Interchange.HuggingFace.Encoders;

/// <summary>The heads of Hugging Face's encoders: labels or a number of a text, labels of words, spans of an answer.</summary>
internal static class EncoderHeads
{
    /// <summary>The head by stored tensors, the class that saved them, and their configuration; null for an encoder without one.</summary>
    /// <exception cref="InputException">The configuration is damaged, or contradicts the tensors.</exception>
    public static HeadConfiguration? Find(string path, StoredModel stored, EncoderLayout layout, string? savedBy)
    {
        Require.That(savedBy is null || !savedBy.EndsWith("ForMultipleChoice", StringComparison.Ordinal), $"'{stored.Path}' is a {savedBy}; a head that chooses among several texts is not supported");
        if (stored.Has("qa_outputs.weight"))
        {
            return HeadExchange.Read(path, _ => new HeadConfiguration { Kind = HeadKind.Spans });
        }

        bool isOfWords = savedBy?.EndsWith("ForTokenClassification", StringComparison.Ordinal) ?? !stored.Has(layout.Pooler + ".weight");
        string weight = (isOfWords ? "classifier" : layout.Classifier) + ".weight";
        if (!stored.Has(weight))
        {
            return null;
        }

        int rows = stored.Shape(weight, 2)[0];
        return HeadExchange.Read(path, json => isOfWords ? HeadExchange.OfWords(json, rows) : OfTexts(json, rows, layout));
    }

    /// <summary>What Hugging Face's class of a head cannot represent.</summary>
    public static IEnumerable<string> Reasons(HeadConfiguration head, EncoderLayout layout)
    {
        if (head.IsOfText && head.Pooling != HeadPooling.First)
        {
            yield return $"the pooling {head.Pooling.ToString().ToLowerInvariant()} of the head";
        }

        if (head.IsOfText && head.Pooling == HeadPooling.First && head.PoolerActivation != ActivationOf(layout))
        {
            yield return $"the activation {head.PoolerActivation.ToString().ToLowerInvariant()} of the pooler";
        }

        if (head.NGrams > 0)
        {
            yield return "the n-grams of the head";
        }

        if (head.LabelLayer != LabelLayer.Softmax)
        {
            yield return $"the label layer {head.LabelLayer.ToString().ToLowerInvariant()}";
        }

        if (head.Delay > 0)
        {
            yield return $"a delay of {Counted.Of(head.Delay, "token")}";
        }
    }

    private static HeadConfiguration OfTexts(JsonObject json, int rows, EncoderLayout layout)
    {
        HeadKind kind = HeadExchange.KindOf(json, rows);
        return new HeadConfiguration
        {
            Kind = kind,
            Labels = kind == HeadKind.Number ? [] : HeadExchange.LabelsOf(json, rows),
            Pooling = HeadPooling.First,
            PoolerActivation = ActivationOf(layout),
        };
    }

    private static PoolerActivation ActivationOf(EncoderLayout layout) => layout == EncoderLayout.DistilBert ? PoolerActivation.Relu : PoolerActivation.Tanh;
}
