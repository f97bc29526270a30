using System.Text;
using TransformerXL.Files;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Training.Examples.Reading;

/// <summary>A folder for each class with a file for each document.</summary>
internal static class ClassFolders
{
    private const int MaxFiles = 10_000_000, MaxClasses = 100_000;

    /// <summary>Opens a folder.</summary>
    public static ExampleSource<TextExample> Open(string path, ExampleOptions options)
    {
        LeftOutEntries leftOut = new();
        string[] classes = Classes(path, leftOut);
        string? note = leftOut.Describe("examples");
        Require.That(classes.Length > 0, $"'{path}' has no folders; it must have a folder for each class, with a file for each document{(note is null ? "" : $" ({note})")}");
        Require.That(options.Labels is null or LabelKind.One, $"'{path}' is a folder of classes, which give one label each, but labels are to be {options.Labels}");
        Require.That(options.LabelSeparator is null, $"'{path}' is a folder of classes, which give one label each, but the label separator is '{options.LabelSeparator}'; a separator is for several labels");
        return new ExampleSource<TextExample>(path, ExampleFormat.Folders, "a folder for each class", () => Read(path, options)) { LeftOut = note };
    }

    /// <summary>The folders of classes: not those of runs and models, such as the output folder of the training.</summary>
    private static string[] Classes(string path, LeftOutEntries leftOut)
    {
        bool isRun = RunFolders.IsRunOrModel(path);
        List<string> classes = [];
        foreach (string folder in Entries(path, Directory.EnumerateDirectories, MaxClasses))
        {
            if (RunFolders.IsNoClass(folder, isInRun: isRun))
            {
                leftOut.AddRun(Path.GetFileName(folder));
            }
            else
            {
                classes.Add(folder);
            }
        }

        return [.. classes];
    }

    private static IEnumerable<TextExample> Read(string path, ExampleOptions options)
    {
        foreach (string folder in Classes(path, new LeftOutEntries()))
        {
            string label = TextCheck.Label(new ExamplePlace(folder, 0), Path.GetFileName(folder));
            string[] files = Entries(folder, Directory.EnumerateFiles, MaxFiles);
            Require.That(
                files.Length > 0,
                $"'{folder}' is the folder of a class, but has no files; {(Directory.EnumerateDirectories(folder).Any() ? "if its folders are the classes, give it instead" : "remove it, or put the documents of the class into it")}");
            foreach (string file in files)
            {
                ExamplePlace place = new(file, 0);
                yield return new TextExample { Place = place, Text = TextCheck.Text(place, ReadText(file, options.MaxText), options.MaxText), Labels = [label], Id = $"{label}/{Path.GetFileName(file)}" };
            }
        }
    }

    private static string ReadText(string path, int longest)
    {
        using CheckedTextReader reader = CheckedTextReader.Open(path);
        StringBuilder text = new();
        char[] buffer = new char[1 << 13];
        for (int count; (count = reader.Read(buffer)) > 0 && text.Length <= longest;)
        {
            text.Append(buffer, 0, count);
        }

        return text.ToString();
    }

    /// <summary>Files or folders in ordinal order, without hidden ones.</summary>
    private static string[] Entries(string path, Func<string, IEnumerable<string>> enumerate, int max)
    {
        try
        {
            string[] entries = [.. enumerate(path).Where(entry => !Path.GetFileName(entry).StartsWith('.')).Take(max)];
            Array.Sort(entries, StringComparer.Ordinal);
            return entries;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{path}' cannot be read: {FileFault.Reason(exception, path)}", exception);
        }
    }
}
