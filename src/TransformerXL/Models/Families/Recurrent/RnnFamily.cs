namespace TransformerXL.Models.Families;

/// <summary>Simple recurrent layers (Elman 1990).</summary>
internal sealed class RnnFamily : RecurrentFamily
{
    public const string KindName = "Rnn";

    private RnnFamily()
    {
    }

    public static RnnFamily Instance { get; } = new();

    public override string Kind => KindName;

    public override string Name => "rnn";

    internal override RnnConfiguration CreateConfiguration() => new() { VocabularySize = 0 };
}
