using TransformerXL.Models.Families;
using TransformerXL.Models;
using TransformerXL.Training;

namespace TransformerXL.Analysis.Comparison;

/// <summary>A row of a comparison: an architecture, with or without recurrence, with the loss on whole segments or on their second halves (Dai et al. 2019, table 6).</summary>
/// <param name="Name">The name in commands and folders.</param>
/// <param name="Title">The name in tables.</param>
/// <param name="Kind">The architecture.</param>
/// <param name="Recurrent">Whether a memory carries context from segment to segment.</param>
/// <param name="HalfLoss">Whether only second halves of segments are predicted in training.</param>
public sealed record ComparedModel(string Name, string Title, ModelKind Kind, bool Recurrent, bool HalfLoss)
{
    /// <summary>All that can be compared, in the order of the paper's tables.</summary>
    public static IReadOnlyList<ComparedModel> All { get; } =
    [
        new("transformer-xl", "Transformer-XL", ModelKind.TransformerXL, true, false),
        new("transformer-xl-half", "Transformer-XL, half loss", ModelKind.TransformerXL, true, true),
        new("shaw", "Shaw et al. with recurrence", ModelKind.Shaw, true, false),
        new("no-recurrence", "Transformer-XL without recurrence", ModelKind.TransformerXL, false, false),
        new("no-recurrence-half", "Transformer-XL without recurrence, half loss", ModelKind.TransformerXL, false, true),
        new("shaw-no-recurrence", "Shaw et al.", ModelKind.Shaw, false, false),
        new("vanilla", "Vaswani et al.", ModelKind.Vaswani, false, false),
        new("vanilla-half", "Vaswani et al., half loss", ModelKind.Vaswani, false, true),
        new("al-rfou", "Al-Rfou et al.", ModelKind.AlRfou, false, false),
        new("al-rfou-half", "Al-Rfou et al., half loss", ModelKind.AlRfou, false, true),
        new("lstm", "LSTM", ModelKind.Lstm, true, false),
    ];

    /// <summary>Those that a comparison has unless others are named: what the paper's claims are about.</summary>
    public static IReadOnlyList<ComparedModel> Customary { get; } = [.. ((string[])["transformer-xl", "no-recurrence", "vanilla-half", "lstm"]).Select(Find)];

    /// <summary>The one with a name.</summary>
    /// <exception cref="InputException">There is none; the message tells which there are.</exception>
    public static ComparedModel Find(string name) => All.FirstOrDefault(model => model.Name == name)
        ?? throw new InputException($"'{name}' is not a model to compare; there are: {string.Join(", ", All.Select(model => model.Name))}");

    /// <summary>The configuration of the row, as that of a Transformer-XL says, with sizes not yet fitted.</summary>
    internal RunConfiguration Configure(RunConfiguration standard)
    {
        ContextConfiguration context = standard.Context with { MemoryLength = Recurrent && ModelFamily.Of(Kind).HasMemoryLength ? standard.Context.MemoryLength : 0 };
        ModelConfiguration model = standard.Model with { Kind = Kind };
        model = !ModelFamily.Of(Kind).HasAttention ? model with { PreNorm = false, FinalNorm = false, TieProjections = ProjectionTying.None, EmbeddingSize = 0 } : model;
        model = ModelFamily.Of(Kind).CanUntieBiases ? model : model with { UntieBiases = false };
        return standard with
        {
            Model = model.For(standard.Model.VocabularySize, context),
            Context = context,
            Training = standard.Training with { HalfLoss = HalfLoss },
        };
    }
}
