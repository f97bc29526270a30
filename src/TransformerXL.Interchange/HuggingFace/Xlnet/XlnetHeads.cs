using System.Text.Json.Nodes;
using TransformerXL.Files;
using TransformerXL.Heads;

namespace TransformerXL.Interchange.HuggingFace.Xlnet;

/// <summary>The heads of Hugging Face's XLNet: labels or a number of a text, labels of words, spans of an answer.</summary>
internal static class XlnetHeads
{
    private const string Beam = "XLNetForQuestionAnswering";

    /// <summary>What <c>summary_type</c>, <c>summary_use_proj</c> and <c>summary_activation</c> are for each pooling.</summary>
    private static readonly (HeadPooling Pooling, bool Pooler, PoolerActivation Activation, (string, bool, string?) Summary)[] s_summaries =
    [
        (HeadPooling.Last, true, PoolerActivation.Tanh, ("last", true, "tanh")),
        (HeadPooling.Last, true, PoolerActivation.Relu, ("last", true, "relu")),
        (HeadPooling.Last, false, PoolerActivation.Tanh, ("last", false, null)),
        (HeadPooling.Mean, true, PoolerActivation.Tanh, ("mean", true, "tanh")),
        (HeadPooling.Mean, true, PoolerActivation.Relu, ("mean", true, "relu")),
        (HeadPooling.Mean, false, PoolerActivation.Tanh, ("mean", false, null)),
        (HeadPooling.First, true, PoolerActivation.Tanh, ("first", true, "tanh")),
        (HeadPooling.First, true, PoolerActivation.Relu, ("first", true, "relu")),
    ];

    /// <summary>The head by stored tensors, the class that saved them, and their configuration; null for a model without one.</summary>
    /// <exception cref="InputException">The head is not supported, or its configuration is damaged or contradicts the tensors.</exception>
    public static HeadConfiguration? Find(string path, StoredModel stored, XlnetSettings settings)
    {
        bool isBeam = settings.Class == Beam || ((string[])["start_logits.", "end_logits.", "answer_class."]).Any(start => stored.Tensors.Any(tensor => tensor.Name.StartsWith(start, StringComparison.Ordinal)));
        Require.That(!isBeam, $"'{stored.Path}' is an {Beam}, whose head searches ends of an answer for several starts (start_logits, end_logits, answer_class); that is not supported, {Beam}Simple is");
        Require.That(settings.Class is null || !settings.Class.EndsWith("ForMultipleChoice", StringComparison.Ordinal), $"'{stored.Path}' is an {settings.Class}; a head that chooses among several texts is not supported");
        if (stored.Has("qa_outputs.weight"))
        {
            return HeadExchange.Read(path, _ => new HeadConfiguration { Kind = HeadKind.Spans });
        }

        if (stored.Has("classifier.weight"))
        {
            int labels = stored.Shape("classifier.weight", 2)[0];
            return HeadExchange.Read(path, json => HeadExchange.OfWords(json, labels));
        }

        if (!stored.Has("logits_proj.weight"))
        {
            return null;
        }

        int rows = stored.Shape("logits_proj.weight", 2)[0];
        return HeadExchange.Read(path, json => OfTexts(json, rows, settings.Summary));
    }

    /// <summary>What the class of a head cannot represent.</summary>
    public static IEnumerable<string> Reasons(HeadConfiguration head)
    {
        if (head.IsOfText && SummaryOf(head) is null)
        {
            yield return $"the pooling {head.Pooling.ToString().ToLowerInvariant()} of the head";
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

    /// <summary>The members of the configuration for a head; null where they cannot represent it.</summary>
    public static (string Type, bool HasProjection, string? Activation)? SummaryOf(HeadConfiguration head)
    {
        foreach ((HeadPooling pooling, bool pooler, PoolerActivation activation, (string, bool, string?) summary) in s_summaries)
        {
            if (head.Pooling == pooling && head.HasPooler == pooler && (!pooler || head.PoolerActivation == activation))
            {
                return summary;
            }
        }

        return null;
    }

    private static HeadConfiguration OfTexts(JsonObject json, int rows, (string Type, bool HasProjection, string? Activation) summary)
    {
        int place = Array.FindIndex(s_summaries, each => each.Summary == summary);
        Require.That(
            place >= 0,
            $"'summary_type' is '{InputText.Show(summary.Type)}', 'summary_use_proj' {(summary.HasProjection ? "true" : "false")} and 'summary_activation' {(summary.Activation is null ? "null" : $"'{InputText.Show(summary.Activation)}'")}; "
            + "the types last, mean and first are supported, with a projection and tanh or relu, or, but for first, without both");
        HeadKind kind = HeadExchange.KindOf(json, rows);
        (HeadPooling pooling, bool pooler, PoolerActivation activation, _) = s_summaries[place];
        return new HeadConfiguration
        {
            Kind = kind,
            Labels = kind == HeadKind.Number ? [] : HeadExchange.LabelsOf(json, rows),
            Pooling = pooling,
            Pooler = pooler && pooling != HeadPooling.First,
            PoolerActivation = activation,
        };
    }
}
