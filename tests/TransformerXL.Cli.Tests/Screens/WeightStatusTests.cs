using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Screens;

/// <summary>Weights are read while a command works: their progress is on the screen where no line of the output comes between.</summary>
public sealed class WeightStatusTests(TrainedFixture trained) : IClassFixture<TrainedFixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("score RUN TEXT", false)]
    [InlineData("embed RUN TEXT", false)]
    [InlineData("embed RUN TEXT --out FOLDER/vectors.npy", true)]
    [InlineData("rescore RUN LISTS --weight 1", false)]
    [InlineData("similar RUN TEXT --to word", true)]
    [InlineData("generate RUN the --tokens 3", true)]
    [InlineData("evaluate RUN", true)]
    public async Task Progress_of_reading_the_weights(string line, bool isShown)
    {
        string text = _folder.Write("text.txt", "the model reads a word\n"), lists = _folder.Write("lists.jsonl", """{"hypotheses": [{"text": "the model", "score": -1}]}""" + "\n");
        using FakeTerminal terminal = new(isScreen: true);
        string[] words = [.. line.Split(' ').Select(word => word.Replace("RUN", trained.Run, StringComparison.Ordinal).Replace("TEXT", text, StringComparison.Ordinal).Replace("LISTS", lists, StringComparison.Ordinal).Replace("FOLDER", _folder[""], StringComparison.Ordinal))];
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync([.. words, "--threads", "1"]));
        int shown = terminal.Error.LastIndexOf("reading the weights", StringComparison.Ordinal);
        Assert.Equal(isShown, shown >= 0);
        if (line.StartsWith("generate", StringComparison.Ordinal))
        {
            // Removed before the text is written, which the note about it follows.
            Assert.InRange(terminal.Error.IndexOf("\r\u001b[K", shown, StringComparison.Ordinal), shown, terminal.Error.IndexOf("; seed ", StringComparison.Ordinal));
        }
    }
}
