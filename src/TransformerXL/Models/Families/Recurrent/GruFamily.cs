namespace TransformerXL.Models.Families;

/// <summary>Layers of gated recurrent units (Cho et al. 2014).</summary>
internal sealed class GruFamily : RecurrentFamily
{
    public const string KindName = "Gru";

    private GruFamily()
    {
    }

    public static GruFamily Instance { get; } = new();

    public override string Kind => KindName;

    public override string Name => "gru";

    internal override GruConfiguration CreateConfiguration() => new() { VocabularySize = 0 };
}
