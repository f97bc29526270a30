using System.Globalization;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Tests.Training;
using TransformerXL.Tests.Training.Tasks;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Tasks;
using Xunit;

namespace TransformerXL.Tests;

/// <summary>The programs under samples/ run on a small trained model, each as its own process.</summary>
public sealed class SampleProgramTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public async Task InitializeAsync()
    {
        using CpuBackend backend = new(threads: 1);
        using Corpus corpus = TinyRun.Corpus();
        await Trainer.Create(TinyRun.Configuration(corpus), corpus, backend, _folder["run"]).RunAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Streaming_continues_a_prompt()
    {
        string text = string.Join('\n', await ReadmeExampleTests.RunAsync("streaming-example", _folder[""], _folder["run"], "the cat"));
        Assert.StartsWith("the cat", text, StringComparison.Ordinal);
        Assert.InRange(text.Length, 150, 207);
    }

    [Fact]
    public async Task Sessions_of_two_users_are_saved_restored_and_continued()
    {
        string[] lines = await ReadmeExampleTests.RunAsync("sessions-example", _folder[""], _folder["run"], _folder[""]);
        Assert.Equal(4, lines.Length);
        Assert.StartsWith("ann: The old river ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("bob: The mountain ", lines[1], StringComparison.Ordinal);

        // The start token, the text that both share and its one token, the own prompt and its 40 tokens.
        Assert.StartsWith("ann after 83 tokens: ", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("bob after 82 tokens: ", lines[3], StringComparison.Ordinal);
        Assert.All((string[])["ann.session", "bob.session"], name => Assert.True(File.Exists(_folder[name])));
    }

    [Fact]
    public async Task Scoring_prints_bits_the_least_expected_token_and_a_similarity()
    {
        string[] lines = await ReadmeExampleTests.RunAsync("scoring-example", _folder[""], _folder["run"], "the cat sees the dog.", "the bird likes the fish.");
        Assert.Equal(3, lines.Length);
        Assert.EndsWith("bits per token over 21 tokens", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("least expected: '", lines[1], StringComparison.Ordinal);
        Assert.InRange(double.Parse(lines[2].Split(' ')[0], CultureInfo.InvariantCulture), -1, 0.9999);
    }

    [Fact]
    public async Task Embedder_prints_the_nearest_texts_first()
    {
        string[] lines = await ReadmeExampleTests.RunAsync("embedder-example", _folder[""], _folder["run"], "the cat sees the dog.", "a quick ox", "the cat sees the dog.", "the bird likes the fish.");
        Assert.Equal(3, lines.Length);
        Assert.Equal("1.000 the cat sees the dog.", lines[0]);
    }

    [Theory]
    [InlineData(TaskKind.Classify, "classifier-example", new[] { "red box stands here" }, "^(red|green|blue): .*%")]
    [InlineData(TaskKind.Label, "labeller-example", new[] { "red box" }, "^red/(B-C|B-N|O) box/(B-C|B-N|O)$")]
    [InlineData(TaskKind.Answer, "answerer-example", new[] { "red", "red box blue tree" }, "^('|the text does not say)")]
    public async Task A_model_of_a_task_predicts(TaskKind kind, string program, string[] arguments, string expected)
    {
        using CpuBackend backend = new(threads: 1);
        TaskConfiguration task = new() { Kind = kind };
        (CorpusOptions files, TaskExamples examples) = TaskFiles.Load(_folder, task);
        await Trainer.Create(TaskFiles.Configuration(examples, files, task), wanted => examples.CreateTask(wanted, backend), backend, _folder["task"]).RunAsync();
        string[] lines = await ReadmeExampleTests.RunAsync(program, _folder[""], [_folder["task"], .. arguments]);
        Assert.Matches(expected, lines[0]);
        Assert.All(lines[1..].Where(_ => kind == TaskKind.Classify), line => Assert.Matches("^'(red|box|stands|here)' at (0|4|8|15): [+-]", line));
        Assert.True(kind != TaskKind.Classify || lines.Length == 4);
    }
}
