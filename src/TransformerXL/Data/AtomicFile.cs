namespace TransformerXL.Data;

/// <summary>Writes so that a kill at any instant leaves either the old file or the new one, never a part.</summary>
internal static class AtomicFile
{
    /// <summary>A name in the same folder (a rename must not cross file systems) that no other writer uses.</summary>
    public static string TemporaryName(string path) => $"{path}.{Guid.NewGuid():N}.tmp";

    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        string temporary = TemporaryName(path);
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
