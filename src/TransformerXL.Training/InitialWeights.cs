using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Text;

namespace TransformerXL.Training;

/// <summary>The weights of a trained model as the beginning of another training.</summary>
internal static class InitialWeights
{
    /// <summary>Copies them.</summary>
    /// <exception cref="InputException">The models or their vocabularies differ; the message names in what.</exception>
    public static void Copy(ModelFolder from, LanguageModel to, Vocabulary vocabulary)
    {
        Require.That(
            vocabulary.Fingerprint == from.Vocabulary.Fingerprint,
            $"the text is read with another vocabulary, of {vocabulary.Count} {vocabulary.Unit}s, than {from.Path} has, of {from.Vocabulary.Count} {from.Vocabulary.Unit}s");
        RequireSame(from.Model.Configuration, to.Configuration.Resolve(), from.Path);
        for (int i = 0; i < to.Parameters.Count; i++)
        {
            Parameter source = from.Model.Parameters[i], target = to.Parameters[i];
            source.Value.Span.CopyTo(target.Value.Span);
        }

        GC.KeepAlive(from);
        GC.KeepAlive(to);
    }

    /// <exception cref="InputException">The architectures differ; the message names in what.</exception>
    public static void RequireSame(ModelConfiguration given, ModelConfiguration wanted, string path)
    {
        string[] differences = [.. Sizes(given).Zip(Sizes(wanted))
            .Where(pair => pair.First.Value != pair.Second.Value)
            .Select(pair => $"{pair.First.Name} {pair.Second.Value} here, {pair.First.Value} there")];
        Require.That(differences.Length == 0, $"the model differs from that of {path}, whose weights it is to begin with: {string.Join("; ", differences)}");
    }

    /// <summary>All but dropout and what decides random weights.</summary>
    private static IEnumerable<(string Name, string Value)> Sizes(ModelConfiguration model) =>
    [
        ("kind", $"{model.Kind}"), ("vocabulary size", $"{model.VocabularySize}"), ("layers", $"{model.Layers}"), ("model size", $"{model.ModelSize}"),
        ("heads", $"{model.Heads}"), ("head size", $"{model.HeadSize}"), ("inner size", $"{model.InnerSize}"), ("embedding size", $"{model.EmbeddingSize}"),
        ("LayerNorm before each block", $"{model.PreNorm}"), ("final LayerNorm", $"{model.FinalNorm}"), ("activation", $"{model.Activation}"),
        ("tied weights", $"{model.TieWeights}"), ("tied projections", $"{model.TieProjections}"), ("biases of each layer", $"{model.UntieBiases}"),
        ("cutoffs", string.Join(", ", model.Cutoffs)), ("embedding divisor", $"{model.EmbeddingDivisor}"), ("position rows", $"{model.PositionRows}"),
    ];
}
