namespace TransformerXL.Files;

/// <summary>A file could not be written, because the disk failed or is full. It names the file and not the temporary one that was to replace it.</summary>
internal sealed class FileWriteException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The file, as the caller named it.</param>
    /// <param name="fault">The exception of the file system.</param>
    public FileWriteException(string path, IOException fault)
        : base($"'{path}' cannot be written: {FileFault.Reason(fault)}", fault)
    {
        Reason = FileFault.Reason(fault);
        HResult = fault.HResult;
    }

    /// <summary>The reason alone.</summary>
    public string Reason { get; }
}
