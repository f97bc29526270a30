using TransformerXL.Files;
using TransformerXL.Interchange.HuggingFace;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Text;

namespace TransformerXL.Interchange;

/// <summary>
/// The layout of Hugging Face's TransfoXL. As there, a tied parameter is stored once, except for the biases that all layers
/// share: they are small and are repeated in every layer.
/// </summary>
internal static class HuggingFaceLayout
{
    public const string Weights = "model.safetensors";

    /// <exception cref="InputException">The layout cannot represent the model; the message names each reason.</exception>
    public static void RequirePlace(ModelConfiguration model, ContextConfiguration context)
    {
        AttentionConfiguration? attention = model as AttentionConfiguration;
        string[] reasons =
        [
            .. When(attention is null, $"a recurrent model of the family {model.Family.Name}"),
            .. When(attention is not null and not TransformerXLConfiguration, $"attention of the kind {model.Family.Kind}"),
            .. When(attention is { Activation: not FeedForwardActivation.Relu }, $"the activation {attention?.Activation}"),
            .. When(attention is { FinalNorm: true }, "a final LayerNorm"),
            .. When(context.ExtendedLength > 0, $"an extended context of {context.ExtendedLength}"),
        ];
        bool referenceCan = ReferenceLayout.WhyNot(model) is null;
        Require.That(
            reasons.Length == 0,
            $"Hugging Face's TransfoXL cannot represent {string.Join(", ", reasons)}{(referenceCan ? "; the layout of the reference can" : "")}",
            referenceCan ? [new InputRemedy("format", "reference")] : []);
    }

    public static void Write(string folder, ModelFolder trained, Func<List<SafetensorsItem>, List<SafetensorsItem>> hints)
    {
        TransfoXLConfiguration configuration = Configuration(trained);
        configuration.Write(Path.Combine(folder, ModelFiles.Configuration));
        List<SafetensorsItem> items = [];
        Dictionary<string, Parameter> parameters = ReferenceNames.Of(trained.Model).ToDictionary(pair => pair.Name, pair => pair.Parameter);
        foreach (TransfoXLParameter wanted in TransfoXLNames.Parameters(configuration).Where(wanted => wanted.TiedTo is null))
        {
            items.Add(Item(wanted.HuggingFace, parameters[wanted.Reference], wanted.ReversedRows));
        }

        for (int layer = 0; !configuration.UntieBiases && layer < configuration.Layers; layer++)
        {
            items.Add(Item($"transformer.layers.{layer}.dec_attn.r_w_bias", parameters["r_w_bias"], false));
            items.Add(Item($"transformer.layers.{layer}.dec_attn.r_r_bias", parameters["r_r_bias"], false));
        }

        // Without this member Hugging Face's loader refuses the file.
        SafetensorsWriter.Write(Path.Combine(folder, Weights), hints(items), new Dictionary<string, string> { ["format"] = "pt" });
        GC.KeepAlive(trained.Model);
    }

    private static SafetensorsItem Item(string name, Parameter parameter, bool reversed)
    {
        if (!reversed)
        {
            return ModelWeights.Item(name, parameter.Value);
        }

        float[] values = parameter.Value.Span.ToArray();
        WeightLoader.ReverseRows(values, parameter.Value.Shape[0]);
        return SafetensorsItem.FromFloats(name, values, [.. Enumerable.Range(0, parameter.Value.Shape.Rank).Select(axis => (long)parameter.Value.Shape[axis])]);
    }

    private static TransfoXLConfiguration Configuration(ModelFolder trained)
    {
        TransformerXLConfiguration model = (TransformerXLConfiguration)trained.Model.Configuration;
        ContextConfiguration context = trained.Configuration.Context;
        return new TransfoXLConfiguration
        {
            VocabularySize = model.VocabularySize,
            Cutoffs = model.Cutoffs,
            ModelSize = model.ModelSize,
            EmbeddingSize = model.EmbeddingSize,
            Heads = model.Heads,
            HeadSize = model.HeadSize,
            InnerSize = model.InnerSize,
            DivisionValue = model.EmbeddingDivisor,
            PreNorm = model.PreNorm,
            Layers = model.Layers,
            TargetLength = context.TargetLength,
            MemoryLength = context.MemoryLength,
            ClampLength = context.ClampLength > 0 ? context.ClampLength : -1,
            SameLength = context.SameLength,
            // The format cannot tie the projection of the first cluster, so it is stored separately with the same values.
            ShareProjectionsButFirst = model.TieProjections != ProjectionTying.None,
            TieWeights = model.TieWeights,
            UntieBiases = model.UntieBiases,
            Dropout = ModelDescription.Tidy(model.Dropout),
            AttentionDropout = ModelDescription.Tidy(model.AttentionDropout),
            InitialDeviation = ModelDescription.Tidy(model.InitialDeviation),
            ProjectionDeviation = ModelDescription.Tidy(model.ProjectionDeviation),
            EndId = trained.Vocabulary is WordVocabulary { EndOfLineId: { } end } ? end : null,
        };
    }

    private static IEnumerable<string> When(bool condition, string reason) => condition ? [reason] : [];
}
