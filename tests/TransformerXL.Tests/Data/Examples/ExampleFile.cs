using System.Collections;
using TransformerXL.Testing;
using TransformerXL.Training.Examples;
using Xunit;

namespace TransformerXL.Tests.Data.Examples;

/// <summary>Files of examples in a temporary folder.</summary>
internal sealed class ExampleFile : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Folder => _folder.Path;

    public string Write(string name, string content)
    {
        string path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    public ExampleSource<TextExample> Texts(string name, string content, ExampleOptions? options = null) => ExampleFiles.OpenTexts(Write(name, content), options ?? new());

    public ExampleSource<SentenceExample> Sentences(string name, string content, ExampleOptions? options = null) => ExampleFiles.OpenSentences(Write(name, content), options ?? new());

    public ExampleSource<QuestionExample> Questions(string name, string content, ExampleOptions? options = null) => ExampleFiles.OpenQuestions(Write(name, content), options ?? new());

    /// <summary>The message of the refusal, which must hold all of the words.</summary>
    /// <param name="action">Reads something; what it returns is enumerated.</param>
    /// <param name="words">What the message must hold.</param>
    public static string Refused(Func<object?> action, params string[] words)
    {
        string message = Assert.Throws<InputException>(() =>
        {
            foreach (object? _ in action() as IEnumerable ?? Array.Empty<object>())
            {
                // The examples are read one by one.
            }
        }).Message;
        Assert.All(words, word => Assert.Contains(word, message, StringComparison.Ordinal));
        return message;
    }

    public void Dispose() => _folder.Dispose();
}
