namespace TransformerXL.Models.Families;

/// <summary>Layers of long short-term memory (Hochreiter and Schmidhuber 1997).</summary>
internal sealed class LstmFamily : RecurrentFamily
{
    public const string KindName = "Lstm";

    private LstmFamily()
    {
    }

    public static LstmFamily Instance { get; } = new();

    public override string Kind => KindName;

    public override string Name => "lstm";

    internal override LstmConfiguration CreateConfiguration() => new() { VocabularySize = 0 };
}
