using TransformerXL.Text;

namespace TransformerXL.Training.Corpora;

/// <summary>How files become a text.</summary>
internal sealed record TextRules
{
    /// <summary>Whether a UTF-8 byte order mark at the beginning of a file is left out.</summary>
    public bool SkipByteOrderMark { get; init; }

    /// <summary>Whether files that end with a newline are joined as they are.</summary>
    public bool HasLines { get; init; }

    /// <summary>Whether files of a folder that cannot be text are refused when they are listed.</summary>
    public bool FolderMustBeText { get; init; }

    /// <summary>
    /// The rules for a vocabulary. One of characters or words reads every byte strictly, and refuses by itself what is no text. One that
    /// accepts any bytes (bytes, byte pairs) would learn a picture or an archive in a folder without a word, so the files of a folder are
    /// looked at first. A file that was named itself is taken whatever it holds: it was asked for.
    /// </summary>
    public static TextRules For(VocabularyChoice vocabulary) => new()
    {
        SkipByteOrderMark = !vocabulary.AcceptsAnyBytes,
        HasLines = vocabulary.HasLines,
        FolderMustBeText = vocabulary.AcceptsAnyBytes,
    };
}
