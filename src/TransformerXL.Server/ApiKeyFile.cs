using TransformerXL.Files;

namespace TransformerXL.Server;

/// <summary>A file of keys: one on each line; empty lines and lines that begin with <c>#</c> do not count.</summary>
public static class ApiKeyFile
{
    /// <summary>The fewest characters of a key. Shorter ones can be guessed.</summary>
    public const int ShortestKey = 8;

    /// <summary>The most characters of a key.</summary>
    public const int LongestKey = 1024;

    private const long LargestFile = 1 << 20;

    /// <summary>Reads the keys of a file.</summary>
    /// <exception cref="InputException">The file cannot be read, holds no key, or one that is too short or too long.</exception>
    public static IReadOnlyList<string> Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        List<string> keys = [];
        int number = 0;
        foreach (string line in Lines(path))
        {
            number++;
            string key = line.Trim();
            if (key.Length == 0 || key[0] == '#')
            {
                continue;
            }

            Check(key.Length is >= ShortestKey and <= LongestKey, $"{path}: the key on line {number} has {key.Length} characters, but must have from {ShortestKey} to {LongestKey}");
            keys.Add(key);
        }

        Check(keys.Count > 0, $"{path} holds no key; write one on each line");
        return keys;
    }

    private static string[] Lines(string path)
    {
        try
        {
            FileInfo file = new(path);
            Check(file.Exists, $"there is no file {path}");
            RegularFile.Require(path, allowInheritedPipe: true);
            Check(file.Length <= LargestFile, $"{path} has {file.Length} bytes, but a file of keys may have at most {LargestFile}");
            return File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{path}' cannot be read: {FileFault.Reason(exception, path)}", exception);
        }
    }

    private static void Check(bool valid, string message)
    {
        if (!valid)
        {
            throw new InputException(message);
        }
    }
}
