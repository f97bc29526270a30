using TransformerXL.Text;

namespace TransformerXL.Training.Corpora;

/// <summary>The rules for reading files as one text.</summary>
internal sealed record TextRules
{
    /// <summary>Whether a UTF-8 byte order mark at the beginning of a file is left out.</summary>
    public bool SkipByteOrderMark { get; init; }

    /// <summary>Whether a file that ends with a newline is joined to the next without another newline.</summary>
    public bool HasLines { get; init; }

    /// <summary>Whether files of a folder that cannot be text are rejected when the folder is listed.</summary>
    public bool FolderMustBeText { get; init; }

    /// <summary>
    /// The rules for a vocabulary. One of characters or words decodes strictly, and so rejects files that are not text. One that
    /// accepts any bytes (bytes, byte pairs) would silently learn a picture or an archive in a folder, so the files of a folder are
    /// checked first. A file whose own path was given is always read.
    /// </summary>
    public static TextRules For(VocabularyChoice vocabulary) => new()
    {
        SkipByteOrderMark = !vocabulary.AcceptsAnyBytes,
        HasLines = vocabulary.HasLines,
        FolderMustBeText = vocabulary.AcceptsAnyBytes,
    };
}
