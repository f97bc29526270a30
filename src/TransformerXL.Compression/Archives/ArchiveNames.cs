namespace TransformerXL.Compression.Archives;

/// <summary>Names in archives: relative paths that stay below the folder of extraction.</summary>
internal static class ArchiveNames
{
    /// <summary>Refuses names that would lead out of the folder, or that the system cannot have.</summary>
    /// <exception cref="InputException">The name is not safe.</exception>
    public static void RequireSafe(string name)
    {
        char[] invalid = Path.GetInvalidFileNameChars();
        foreach (string part in name.Split('/'))
        {
            Require.That(part is not ("" or "." or ".."), $"the archive holds the name '{name}', which leads out of the folder of extraction or is empty; nothing is extracted");
            Require.That(
                part.IndexOfAny(invalid) < 0 && !(OperatingSystem.IsWindows() && (part.EndsWith('.') || part.EndsWith(' '))),
                $"the archive holds the name '{name}', which files on this system cannot have; nothing is extracted");
        }
    }
}
