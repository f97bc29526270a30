using TransformerXL.Files;
using TransformerXL.Interchange.HuggingFace.Encoders;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Interchange.HuggingFace.Xlnet;

/// <summary>Writes an encoder as Hugging Face's XLNet.</summary>
internal static class XlnetExporter
{
    /// <summary>Whether XLNet is the class for an encoder: it has relative segments, which no other class has.</summary>
    public static bool IsFor(ModelConfiguration model) => model is EncoderConfiguration { RelativeSegments: true };

    /// <exception cref="InputException">The layout cannot represent the model; the message names each reason.</exception>
    public static void RequirePlace(ModelFolder trained)
    {
        EncoderConfiguration model = (EncoderConfiguration)trained.Model.Configuration;
        string[] reasons =
        [
            .. When(!trained.Vocabulary.ClassIsLast, "a vocabulary without a class token after the text"),
            .. When(model.TokenTypes > 0, $"embeddings of {model.TokenTypes} token types"),
            .. When(!model.TwoStreams, "an encoder without a query stream"),
            .. When(!model.OmitsEmbeddingNorm, "LayerNorm of the embeddings"),
            .. When(!model.OmitsAttentionBiases, "biases of the projections of attention"),
            .. When(!model.OmitsPredictionTransform && model.PredictsMaskedTokens, "a linear map before the softmax"),
            .. When(model.Pooler, "a pooler of the pre-training"),
            .. When(model.PreNorm, "LayerNorm before each block"),
            .. When(model.Activation != FeedForwardActivation.Gelu, $"the activation {model.Activation.ToString().ToUpperInvariant()}"),
            .. When(model.EmbeddingSize != model.ModelSize, $"embeddings of {model.EmbeddingSize} beside a hidden size of {model.ModelSize}"),
            .. When(model.Heads * model.HeadSize != model.ModelSize, $"{Counted.Of(model.Heads, "head")} of {model.HeadSize} beside a hidden size of {model.ModelSize}"),
            .. When(model.Cutoffs.Count > 0, "an adaptive softmax"),
            .. trained.Head is { } head ? XlnetHeads.Reasons(head.Configuration) : [],
        ];
        Require.That(reasons.Length == 0, $"Hugging Face's XLNet cannot represent {string.Join(", ", reasons)}");
    }

    /// <summary>Writes configuration and weights.</summary>
    public static void Write(string folder, ModelFolder trained, Func<List<SafetensorsItem>, List<SafetensorsItem>> report)
    {
        WriteConfiguration(folder, trained);
        EncoderConfiguration model = (EncoderConfiguration)trained.Model.Configuration;
        List<SafetensorsItem> items = [];
        foreach (Parameter parameter in trained.Model.Parameters)
        {
            if (parameter.Name.StartsWith("crit.", StringComparison.Ordinal) && !model.PredictsMaskedTokens)
            {
                continue;
            }

            string[] names = XlnetNames.Of(parameter.Name);
            int rows = parameter.Value.Shape[0] / names.Length;
            items.AddRange(names.Select((name, i) => Item(name, parameter.Value.Slice(i * rows, rows), model)));
        }

        foreach (Parameter parameter in trained.Head?.Parameters ?? [])
        {
            items.Add(ModelWeights.Item(XlnetNames.OfHead(parameter.Name, trained.Head!.Configuration.IsOfText), parameter.Value));
        }

        // Without this member Hugging Face's loader refuses the file.
        SafetensorsWriter.Write(Path.Combine(folder, HuggingFaceLayout.Weights), report(items), new Dictionary<string, string> { ["format"] = "pt" });
        GC.KeepAlive(trained.Model);
    }

    private static SafetensorsItem Item(string name, Tensor part, EncoderConfiguration model)
    {
        Shape shape = XlnetNames.ShapeOf(name, part.Shape, model);
        float[] values = part.Span.ToArray();
        if (XlnetNames.IsTransposed(name))
        {
            XlnetNames.Transpose(part.Span, part.Shape.Columns, values);
        }

        return SafetensorsItem.FromFloats(name, values, [.. Enumerable.Range(0, shape.Rank).Select(axis => (long)shape[axis])]);
    }

    private static void WriteConfiguration(string folder, ModelFolder trained)
    {
        EncoderConfiguration model = (EncoderConfiguration)trained.Model.Configuration;
        ContextConfiguration context = trained.Configuration.Context;
        XlnetSettings settings = new()
        {
            Class = model.PredictsMaskedTokens ? "XLNetLMHeadModel" : "XLNetModel",
            VocabularySize = model.VocabularySize,
            Layers = model.Layers,
            ModelSize = model.ModelSize,
            Heads = model.Heads,
            InnerSize = model.InnerSize,
            Epsilon = ModelDescription.Tidy(model.LayerNormEpsilon),
            Dropout = ModelDescription.Tidy(model.Dropout),
            Deviation = ModelDescription.Tidy(model.InitialDeviation),
            MemoryLength = context.MemoryLength,
            ClampLength = context.ClampLength,
            SegmentLength = context.TargetLength,
            Ties = model.TieWeights,
            Summary = trained.Head is { Configuration: { IsOfText: true } head } ? XlnetHeads.SummaryOf(head)!.Value : new XlnetSettings().Summary,
        };
        string path = Path.Combine(folder, ModelFiles.Configuration);
        settings.Write(path, trained.Vocabulary.PaddingId);
        if (trained.Head is { } own)
        {
            HeadExchange.AddTo(path, own.Configuration, "XLNet", "ForQuestionAnsweringSimple");
        }

        if (trained.Configuration.Embedding is { } embedding)
        {
            SentencePooling.Write(folder, embedding, model.ModelSize);
        }
    }

    private static IEnumerable<string> When(bool condition, string reason) => condition ? [reason] : [];
}
