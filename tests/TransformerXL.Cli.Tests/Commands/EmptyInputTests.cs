using System.Text;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>A list of texts may be empty: no line comes, a note says why, and the exit code is 0. A single text may not: it has no result.</summary>
public sealed class EmptyInputTests(TrainedFixture trained) : IClassFixture<TrainedFixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("embed {run} -", "", "'standard input' has no texts; no vector was computed")]
    [InlineData("embed {run} -", "\n \n", "'standard input' has no texts; no vector was computed")]
    [InlineData("embed {run} {empty}", "", "empty.txt' has no texts; no vector was computed")]
    [InlineData("rescore {run} - --weight 1", "", "'standard input' has no lists; nothing was ordered")]
    [InlineData("rescore {run} {empty} --weight 1", "", "empty.txt' has no lists; nothing was ordered")]
    public async Task An_empty_list_gives_no_line_and_a_note(string command, string input, string note)
    {
        using FakeTerminal terminal = new(input: input);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(Words(command)));
        Assert.Empty(terminal.Out);
        Assert.Contains("txl: ", terminal.Error, StringComparison.Ordinal);
        Assert.Contains(note, terminal.Error, StringComparison.Ordinal);
        using FakeTerminal quiet = new(input: input);
        Assert.Equal(ExitCode.Ok, await quiet.RunAsync([.. Words(command), "--quiet"]));
        Assert.Empty(quiet.Error);
    }

    [Fact]
    public async Task An_empty_list_of_texts_becomes_an_array_without_rows()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(Words("embed {run} {empty} --out {folder}/x.npy")));
        Assert.Contains("'shape': (0, 16), }", Encoding.ASCII.GetString(await File.ReadAllBytesAsync(_folder["x.npy"])), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_list_of_texts_gives_no_predictions()
    {
        await FakeTerminal.OutputOf(TinyRun.TrainTask("classify", TinyRun.WriteExamples(_folder, "classify"), _folder["task"], 2));
        foreach (string command in (string[])["predict {folder}/task -", "predict {folder}/task - --input jsonl", "predict {folder}/task {empty}"])
        {
            using FakeTerminal terminal = new(input: "\n");
            Assert.Equal(ExitCode.Ok, await terminal.RunAsync(Words(command)));
            Assert.Empty(terminal.Out);
            Assert.Contains("has no texts; nothing was predicted", terminal.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_empty_list_of_texts_has_no_masks_to_fill()
    {
        await FakeTerminal.OutputOf("train", "--model", "encoder", "--data", trained.Data, "--out", _folder["encoder"], "--steps", "2", "--layers", "1", "--model-size", "16", "--heads", "2", "--target", "16", "--batch", "4", "--threads", "1");
        using FakeTerminal terminal = new(input: "\n");
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(Words("fill-mask {folder}/encoder -")));
        Assert.Empty(terminal.Out);
        Assert.Contains("txl: 'standard input' has no texts; nothing was predicted", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("score {run} -")]
    [InlineData("score {run} {empty}")]
    [InlineData("surprisal {run} - --out {folder}/page.html")]
    [InlineData("attention {run} --text - --out {folder}/attention")]
    [InlineData("evaluate {run} --data {empty}")]
    public async Task An_empty_text_is_refused(string command)
    {
        using FakeTerminal terminal = new(input: "");
        int code = await terminal.RunAsync(Words(command));
        Assert.True(code == ExitCode.BadInput, $"exit code {code}: {terminal.Error}");
        Assert.Empty(terminal.Out);
        Assert.Matches("txl: .*(is empty|has 0|at least)", terminal.Error);
    }

    [Theory]
    [InlineData("score {run} {folder}")]
    [InlineData("generate {run} --prompt-file {folder}")]
    [InlineData("surprisal {run} {folder}")]
    [InlineData("attention {run} --text {folder}")]
    public async Task A_folder_in_place_of_a_text_is_named(string command)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(Words(command)));
        Assert.Contains($"txl: '{_folder.Path}' is a folder, but a file is needed", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_of_hypotheses_come_from_standard_input_as_from_a_file()
    {
        const string Lists = """{"id":"1","hypotheses":[{"text":"the model reads a token","score":-1},{"text":"zzz qqq","score":-1}],"reference":"the model reads a token"}""" + "\n";
        string named = await FakeTerminal.OutputOf(Words($"rescore {{run}} {_folder.Write("lists.jsonl", Lists)} --weight 1"));
        using FakeTerminal terminal = new(input: Lists);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(Words("rescore {run} - --weight 1")));
        Assert.Equal(named, terminal.Out);
        using FakeTerminal damaged = new(input: "{\"id\": }\n");
        Assert.Equal(ExitCode.BadInput, await damaged.RunAsync(Words("rescore {run} - --weight 1")));
        Assert.Contains("txl: 'standard input', line 1, column 8: the line is not valid JSON", damaged.Error, StringComparison.Ordinal);
        using FakeTerminal twice = new(input: Lists);
        Assert.Equal(ExitCode.WrongUsage, await twice.RunAsync(Words("rescore {run} - --valid -")));
        Assert.Contains("--valid is '-', but must be a file", twice.Error, StringComparison.Ordinal);
    }

    private string[] Words(string command) => [.. command.Split(' ').Select(word => word
        .Replace("{run}", trained.Run, StringComparison.Ordinal)
        .Replace("{empty}", _folder.Write("empty.txt", ""), StringComparison.Ordinal)
        .Replace("{folder}", _folder.Path, StringComparison.Ordinal))];
}
