namespace TransformerXL.Text.Unigram;

/// <summary>What a piece of a unigram vocabulary stands for; the names are those of SentencePiece.</summary>
public enum UnigramPieceKind
{
    /// <summary>A part of a text, chosen by its log probability.</summary>
    Normal,

    /// <summary>The token of characters that no other piece has.</summary>
    Unknown,

    /// <summary>A special token such as <c>&lt;s&gt;</c>, which no text gives.</summary>
    Control,

    /// <summary>A part of a text that is never divided and never normalized.</summary>
    UserDefined,

    /// <summary>A piece that is not used.</summary>
    Unused,

    /// <summary>A byte of an unknown character, with a name such as <c>&lt;0x0A&gt;</c>.</summary>
    Byte,
}
