using TransformerXL.Models;
using TransformerXL.Models.Families;

namespace TransformerXL.Tests;

/// <summary>The families of models as files name them, for data of tests, and configurations of each made from one.</summary>
internal static class Kinds
{
    private const string Bidirectional = " bidirectional";

    public const string TransformerXL = TransformerXLFamily.KindName, Shaw = ShawFamily.KindName, Vaswani = VaswaniFamily.KindName,
        AlRfou = AlRfouFamily.KindName, Lstm = LstmFamily.KindName, Encoder = EncoderFamily.KindName;

    public static IReadOnlyList<string> All { get; } = [.. ModelFamily.All.Select(family => family.Kind)];

    /// <summary>The families and their encoders, for tests that need no language model.</summary>
    public static IReadOnlyList<string> WithEncoders { get; } = [.. All, .. All.Where(IsRecurrent).Select(kind => kind + Bidirectional)];

    public static bool IsRecurrent(string kind) => ModelFamily.All.Any(family => family is RecurrentFamily && kind.StartsWith(family.Kind, StringComparison.Ordinal));

    public static bool IsEncoder(string kind) => kind.EndsWith(Bidirectional, StringComparison.Ordinal);
    /// <summary>Those that predict the next token.</summary>
    public static IReadOnlyList<string> Causal { get; } = [.. ModelFamily.All.Where(family => family.CreateConfiguration().IsCausal).Select(family => family.Kind)];

    public static string OfAttentionType(int type) => ModelFamily.OfAttentionType(type)!.Kind;

    /// <summary>The configuration of a family with the members that both have.</summary>
    /// <param name="configuration">The members.</param>
    /// <param name="kind">The family.</param>
    /// <param name="rows">Rows of positions, where the family learns them.</param>
    public static ModelConfiguration As(this ModelConfiguration configuration, string kind, int rows = 0)
    {
        if (IsEncoder(kind))
        {
            return (RecurrentConfiguration)configuration.As(kind[..^Bidirectional.Length]) with { Bidirectional = true };
        }

        ModelConfiguration other = ModelFamily.All.Single(family => family.Kind == kind).Adopt(configuration);
        return other is LearnedPositionsConfiguration learned ? learned with { PositionRows = rows } : other is EncoderConfiguration encoder ? encoder with { PositionRows = rows } : other;
    }

    /// <summary>The same for a family of attention.</summary>
    public static AttentionConfiguration AsAttention(this ModelConfiguration configuration, string kind, int rows = 0) =>
        (AttentionConfiguration)configuration.As(kind, rows);
}
