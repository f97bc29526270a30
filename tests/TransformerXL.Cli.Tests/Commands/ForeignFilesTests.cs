using TransformerXL.Cli.Screens;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>Files and folders that commands find where they write: those of the user stay, those of an earlier call are replaced.</summary>
public sealed class ForeignFilesTests(TrainedFixture trained) : IClassFixture<TrainedFixture>, IDisposable
{
    private const string Mine = "{\"text\":\"mine\"}\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("embed RUN FOLDER/mine.jsonl --out FOLDER/mine.jsonl", "mine.jsonl", "holds no vectors")]
    [InlineData("embed RUN TEXT --out FOLDER/mine.npy", "mine.npy", "holds no vectors")]
    [InlineData("bench matmul --seconds 0.1 --save FOLDER/mine.json", "mine.json", "holds no saved measurements")]
    [InlineData("attention RUN --out FOLDER", "attention.html", "holds 'attention.html' already")]
    public async Task A_file_of_the_user_is_not_replaced(string line, string name, string message)
    {
        string mine = _folder.Write(name, Mine);
        Assert.Contains(message, await ErrorOf(line), StringComparison.Ordinal);
        Assert.Equal(Mine, File.ReadAllText(mine));
    }

    [Theory]
    [InlineData("vectors.jsonl")]
    [InlineData("vectors.npy")]
    [InlineData("vectors.parquet")]
    public async Task Vectors_of_an_earlier_call_and_empty_files_are_replaced(string name)
    {
        string vectors = _folder.Write(name, ""), text = _folder.Write("text.txt", "a memory\n");
        await FakeTerminal.OutputOf("embed", trained.Run, text, "--out", vectors, "--threads", "1");
        byte[] first = File.ReadAllBytes(vectors);
        await FakeTerminal.OutputOf("embed", trained.Run, _folder.Write("text.txt", "the reader\n"), "--out", vectors, "--threads", "1");
        Assert.NotEqual(first, File.ReadAllBytes(vectors));
    }

    [Fact]
    public async Task A_comparison_does_not_begin_in_the_folder_of_a_run()
    {
        string[] before = Directory.GetFileSystemEntries(trained.Run);
        Assert.Contains("is the folder of a run", await ErrorOf($"compare --data {trained.Data} --out RUN --models lstm --steps 1"), StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFileSystemEntries(trained.Run));
    }

    [Fact]
    public async Task Another_text_is_evaluated_where_the_folder_of_the_model_cannot_be_written()
    {
        await FakeTerminal.OutputOf("export", trained.Run, "--out", _folder["exported"]);
        await FakeTerminal.OutputOf("import", _folder["exported"], "--out", _folder["model"]);
        string expected = await FakeTerminal.OutputOf("evaluate", _folder["model"], "--data", trained.Data, "--json", "--threads", "1");
        Directory.Delete(_folder["model/data"], recursive: true);
        _folder.Write("model/data", "a file, so that no folder can be made here");
        string output = await FakeTerminal.OutputOf("evaluate", _folder["model"], "--data", trained.Data, "--json", "--threads", "1");
        Assert.Equal(expected[..expected.IndexOf("\"seconds\"", StringComparison.Ordinal)], output[..output.IndexOf("\"seconds\"", StringComparison.Ordinal)]);
    }

    [Theory]
    [InlineData(1, "1 layer")]
    [InlineData(0, "0 layers")]
    [InlineData(12345, "12,345 layers")]
    public void Counts_have_the_number_of_their_noun(long count, string text) => Assert.Equal(text, Figures.Count(count, "layer"));

    [Theory]
    [InlineData(-0.0004, "0.000")]
    [InlineData(-0.0006, "-0.001")]
    [InlineData(1.25, "1.250")]
    public void Numbers_that_are_rounded_to_zero_have_no_minus(double value, string text) => Assert.Equal(text, Figures.Fixed(value, 3));

    private async Task<string> ErrorOf(string line)
    {
        using FakeTerminal terminal = new();
        string Filled(string word) => word.Replace("RUN", trained.Run, StringComparison.Ordinal).Replace("TEXT", trained.Data, StringComparison.Ordinal).Replace("FOLDER", _folder.Path, StringComparison.Ordinal);
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync([.. line.Split(' ').Select(Filled)]));
        return terminal.Error;
    }
}
