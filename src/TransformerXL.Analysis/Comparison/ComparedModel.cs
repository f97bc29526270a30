using TransformerXL.Models.Families;
using TransformerXL.Models;
using TransformerXL.Training;

namespace TransformerXL.Analysis.Comparison;

/// <summary>A row of a comparison: an architecture, with or without recurrence, with the loss on whole segments or on their second halves (Dai et al. 2019, table 6).</summary>
/// <param name="Name">The name in commands and folders.</param>
/// <param name="Title">The name in tables.</param>
/// <param name="Family">The architecture.</param>
/// <param name="Recurrent">Whether a memory carries context from segment to segment.</param>
/// <param name="HalfLoss">Whether only second halves of segments are predicted in training.</param>
public sealed record ComparedModel(string Name, string Title, ModelFamily Family, bool Recurrent, bool HalfLoss)
{
    /// <summary>All that can be compared, in the order of the paper's tables.</summary>
    public static IReadOnlyList<ComparedModel> All { get; } =
    [
        new("transformer-xl", "Transformer-XL", TransformerXLFamily.Instance, true, false),
        new("transformer-xl-half", "Transformer-XL, half loss", TransformerXLFamily.Instance, true, true),
        new("shaw", "Shaw et al. with recurrence", ShawFamily.Instance, true, false),
        new("no-recurrence", "Transformer-XL without recurrence", TransformerXLFamily.Instance, false, false),
        new("no-recurrence-half", "Transformer-XL without recurrence, half loss", TransformerXLFamily.Instance, false, true),
        new("shaw-no-recurrence", "Shaw et al.", ShawFamily.Instance, false, false),
        new("vanilla", "Vaswani et al.", VaswaniFamily.Instance, false, false),
        new("vanilla-half", "Vaswani et al., half loss", VaswaniFamily.Instance, false, true),
        new("al-rfou", "Al-Rfou et al.", AlRfouFamily.Instance, false, false),
        new("al-rfou-half", "Al-Rfou et al., half loss", AlRfouFamily.Instance, false, true),
        new("lstm", "LSTM", LstmFamily.Instance, true, false),
    ];

    /// <summary>The default models of a comparison: those that the paper's claims are about.</summary>
    public static IReadOnlyList<ComparedModel> Customary { get; } = [.. ((string[])["transformer-xl", "no-recurrence", "vanilla-half", "lstm"]).Select(Find)];

    /// <summary>The model with a name.</summary>
    /// <exception cref="InputException">There is none; the message lists the names.</exception>
    public static ComparedModel Find(string name) => All.FirstOrDefault(model => model.Name == name)
        ?? throw new InputException($"'{name}' is not a model to compare; there are: {string.Join(", ", All.Select(model => model.Name))}");

    /// <summary>The configuration of the row, derived from that of a Transformer-XL, with sizes not yet fitted.</summary>
    internal RunConfiguration Configure(RunConfiguration standard)
    {
        ContextConfiguration context = standard.Context with { MemoryLength = Recurrent && Family.HasMemoryLength ? standard.Context.MemoryLength : 0 };
        ModelConfiguration model = Family.Adopt(standard.Model);
        model = Family.HasAttention ? model : model with { EmbeddingSize = 0 };
        Require.That(
            standard.Training.Weights == WeightPrecision.Float32 || Family.HasAttention,
            $"the weights are kept in {standard.Training.Weights}, which is for models with attention; {Name} has none, so that the comparison would not be fair",
            [new("training.weights")]);
        return standard with
        {
            Model = model.For(standard.Model.VocabularySize, context),
            Context = context,
            Training = standard.Training with { HalfLoss = HalfLoss, Recompute = standard.Training.Recompute && Family.HasAttention },
        };
    }
}
