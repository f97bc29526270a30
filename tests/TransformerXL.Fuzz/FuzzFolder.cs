namespace TransformerXL.Fuzz;

/// <summary>A folder of this process for parsers that take paths; TMPDIR=/dev/shm keeps it in memory.</summary>
internal static class FuzzFolder
{
    private static readonly Lazy<string> s_root = new(Create);

    /// <summary>The path of a file of that name, with the input as its content.</summary>
    public static string File(string name, byte[] content)
    {
        string path = Path(name);
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>The path of a file or folder in the folder.</summary>
    public static string Path(string name)
    {
        string path = System.IO.Path.Combine(s_root.Value, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        return path;
    }

    /// <summary>What a writer puts into a file.</summary>
    public static byte[] Written(string name, Action<string> write)
    {
        string path = Path("seed/" + name);
        write(path);
        return System.IO.File.ReadAllBytes(path);
    }

    /// <summary>A text without the byte order mark that readers of files remove: one, however many there are.</summary>
    public static string WithoutMark(string text) => text.StartsWith('\ufeff') ? text[1..] : text;

    private static string Create()
    {
        string path = Directory.CreateTempSubdirectory("txl-fuzz-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(path, recursive: true);
        return path;
    }
}
