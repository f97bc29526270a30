using System.CommandLine;
using System.Globalization;
using TransformerXL.Models;
using TransformerXL.Models.Families;
using TransformerXL.Training;

namespace TransformerXL.Cli.Options;

/// <summary>The architecture of a new model.</summary>
internal static class ModelRunOptions
{
    private static readonly TransformerXLConfiguration Standard = new() { VocabularySize = 1 };

    public static IEnumerable<RunOption> All()
    {
        yield return Name(
            "--model", "Architecture",
            [.. ModelFamily.All.Select(family => family.Name)], Standard.Family.Name, m => m.Family.Name, (m, name) => RunDefaults.WithoutText(ModelFamily.Find(name).Adopt(m)));
        yield return Size("--layers", "Number of layers.", 1, 1000, Standard.Layers, m => m.Layers, (m, n) => m with { Layers = n });
        yield return Size("--model-size", "Hidden size in floats, an even number.", 2, 65536, Standard.ModelSize, m => m.ModelSize, (m, n) => m with { ModelSize = n });
        yield return Size("--heads", "Number of attention heads.", 1, 1024, Standard.Heads, Of(m => m.Heads), To<int>((m, n) => m with { Heads = n }));
        yield return Size("--head-size", "Size of each head in floats. [default: --model-size / --heads]", 1, 4096, null, Of(m => m.Resolve().HeadSize), To<int>((m, n) => m with { HeadSize = n }));
        yield return Size("--inner-size", "Inner size of the feed-forward block in floats. [default: 4 x --model-size]", 1, 1 << 20, null, Of(m => m.Resolve().InnerSize), To<int>((m, n) => m with { InnerSize = n }));
        yield return Size("--embedding-size", "Size of the token embedding in floats. [default: --model-size]", 1, 65536, null, m => m.Resolve().EmbeddingSize, (m, n) => m with { EmbeddingSize = n });
        yield return Flag("--pre-norm", "Apply LayerNorm before each block instead of after it.", Of(m => m.PreNorm), To<bool>((m, on) => m with { PreNorm = on }));
        yield return Flag("--final-norm", "Apply LayerNorm after the last layer; with --pre-norm.", Of(m => m.FinalNorm), To<bool>((m, on) => m with { FinalNorm = on }));
        yield return Flag("--untie-biases", "Use separate biases u and v for each layer.", m => m is TransformerXLConfiguration { UntieBiases: true }, (m, on) => m is TransformerXLConfiguration own ? own with { UntieBiases = on } : m);
        yield return Name(
            "--activation", "Activation of the feed-forward block", ["relu", "gelu"], "relu",
            Of(m => m.Activation == FeedForwardActivation.Gelu ? "gelu" : "relu"),
            To<string>((m, name) => m with { Activation = name == "gelu" ? FeedForwardActivation.Gelu : FeedForwardActivation.Relu }));
        yield return Cutoffs();
        yield return Size("--div-val", "Divisor of the embedding size for each further cluster of --cutoffs.", 1, 16, Standard.EmbeddingDivisor, m => m.EmbeddingDivisor, (m, n) => m with { EmbeddingDivisor = n });
        yield return Name(
            "--tie-projections", "Projections that softmax and embedding share", ["none", "all-but-first", "all"], "none",
            Of(m => m.TieProjections switch { ProjectionTying.All => "all", ProjectionTying.AllButFirst => "all-but-first", _ => "none" }),
            To<string>((m, name) => m with { TieProjections = name switch { "all" => ProjectionTying.All, "all-but-first" => ProjectionTying.AllButFirst, _ => ProjectionTying.None } }));
        yield return Flag("--untied", "Do not share weights between softmax and embedding.", m => !m.TieWeights, (m, on) => m with { TieWeights = !on });
        yield return Probability("--dropout", "Dropout probability, from 0 to below 1.", Standard.Dropout, m => m.Dropout, (m, p) => m with { Dropout = p });
        yield return Probability("--attention-dropout", "Dropout probability of attention weights, from 0 to below 1.", Standard.AttentionDropout, Of(m => m.AttentionDropout), To<float>((m, p) => m with { AttentionDropout = p }));
    }

    private static Func<ModelConfiguration, T> Of<T>(Func<AttentionConfiguration, T> get) => m => m is AttentionConfiguration attention ? get(attention) : default!;

    // A model without the member stays as it is; whether an option goes with the model is checked when all settings are known.
    private static Func<ModelConfiguration, T, ModelConfiguration> To<T>(Func<AttentionConfiguration, T, AttentionConfiguration> set) =>
        (m, value) => m is AttentionConfiguration attention ? set(attention, value) : m;

    private static RunOption<int?, int> Size(string name, string description, int least, int most, int? standard, Func<ModelConfiguration, int> get, Func<ModelConfiguration, int, ModelConfiguration> set) =>
        new(NewOption.Whole(name, description, least, most, standard), value => value!.Value, c => get(c.Model), (c, value) => c with { Model = set(c.Model, value) });

    private static RunOption<string, string> Name(
        string name, string description, IReadOnlyCollection<string> choices, string standard, Func<ModelConfiguration, string> get, Func<ModelConfiguration, string, ModelConfiguration> set) =>
        new(NewOption.Choice(name, description, choices, standard), value => value, c => get(c.Model), (c, value) => c with { Model = set(c.Model, value) });

    private static RunOption<string?, string> Cutoffs()
    {
        Option<string?> option = NewOption.Text("--cutoffs", "N,N,...", "Token ids at which clusters of an adaptive softmax begin. [default: none]");
        option.Validators.Add(result =>
        {
            if (!TryParse(result.GetValue(option), out _))
            {
                result.AddError($"--cutoffs is '{result.GetValue(option)}', but must be rising token ids with commas between them, such as 20000,40000");
            }
        });
        return new(
            option,
            value => string.Join(',', Parsed(value)),
            c => string.Join(',', c.Model.Cutoffs),
            (c, value) => c with { Model = c.Model with { Cutoffs = Parsed(value) } });
    }

    private static int[] Parsed(string? text) => TryParse(text, out int[] cutoffs) ? cutoffs : [];

    internal static bool TryParse(string? text, out int[] cutoffs)
    {
        string[] parts = (text ?? "").Split(',', StringSplitOptions.TrimEntries);
        cutoffs = new int[parts.Length == 1 && parts[0].Length == 0 ? 0 : parts.Length];
        for (int i = 0; i < cutoffs.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out cutoffs[i]) || cutoffs[i] <= (i == 0 ? 0 : cutoffs[i - 1]))
            {
                return false;
            }
        }

        return true;
    }

    private static RunOption<bool, bool> Flag(string name, string description, Func<ModelConfiguration, bool> get, Func<ModelConfiguration, bool, ModelConfiguration> set) =>
        new(NewOption.Flag(name, description), value => value, c => get(c.Model), (c, value) => c with { Model = set(c.Model, value) });

    private static RunOption<float?, float> Probability(string name, string description, float standard, Func<ModelConfiguration, float> get, Func<ModelConfiguration, float, ModelConfiguration> set) =>
        new(NewOption.Real(name, description, "from 0 to below 1", value => value is >= 0 and < 1, (float?)standard), value => value!.Value, c => get(c.Model), (c, value) => c with { Model = set(c.Model, value) });
}
