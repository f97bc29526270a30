using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary><c>txl embed</c>, <c>txl similar</c> and <c>txl rescore</c>.</summary>
public sealed class EmbedCommandTests(TrainedFixture trained) : IClassFixture<TrainedFixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static JsonElement[] Lines(string output) => [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    private static double[] Vector(JsonElement line) => [.. line.GetProperty("embedding").EnumerateArray().Select(value => value.GetDouble())];

    [Fact]
    public async Task Each_line_gets_a_vector_that_does_not_depend_on_the_others()
    {
        string text = _folder.Write("text.txt", "the model reads\n\na memory\r\nthe model reads\n"u8);
        JsonElement[] lines = Lines(await FakeTerminal.OutputOf("embed", trained.Run, text, "--threads", "1"));
        Assert.Equal([0, 1, 2], lines.Select(line => line.GetProperty("index").GetInt32()));
        Assert.All(lines, line => Assert.Equal(16, Vector(line).Length));
        Assert.Equal(Vector(lines[0]), Vector(lines[2]));
        Assert.NotEqual(Vector(lines[0]), Vector(lines[1]));
        using FakeTerminal piped = new(input: "a memory\n");
        Assert.Equal(ExitCode.Ok, await piped.RunAsync("embed", trained.Run, "-", "--threads", "2"));
        using FakeTerminal gap = new(input: "\nthe model\n");
        Assert.Equal(ExitCode.Ok, await gap.RunAsync("embed", trained.Run, "-", "--threads", "2"));
        Assert.Equal((0, 2), (Lines(gap.Out)[0].GetProperty("index").GetInt32(), Lines(gap.Out)[0].GetProperty("line").GetInt32()));
        Assert.Equal(Vector(lines[1]), Vector(Lines(piped.Out)[0]));
        Assert.Contains("1 vector of 16 numbers", piped.Error, StringComparison.Ordinal);
        double[] unit = Vector(Lines(await FakeTerminal.OutputOf("embed", trained.Run, text, "--normalize", "--pooling", "last"))[0]);
        Assert.Equal(1, Math.Sqrt(unit.Sum(value => value * value)), 1e-6);
    }

    [Fact]
    public async Task A_table_has_ids_and_a_column_and_npy_and_parquet_hold_the_same_numbers()
    {
        string table = _folder.Write("texts.csv", "id,what\nx1,the model\nx2,\"a memory, kept\"\n"u8);
        JsonElement[] lines = Lines(await FakeTerminal.OutputOf("embed", trained.Run, table, "--text-column", "what"));
        Assert.Equal(["x1", "x2"], lines.Select(line => line.GetProperty("id").GetString()!));
        await FakeTerminal.OutputOf("embed", trained.Run, table, "--text-column", "what", "--out", _folder["vectors.npy"]);
        byte[] matrix = File.ReadAllBytes(_folder["vectors.npy"]);
        Assert.Equal(128 + (2 * 16 * 4), matrix.Length);
        Assert.Equal(lines.SelectMany(Vector).Select(value => (float)value), Enumerable.Range(0, 32).Select(i => BinaryPrimitives.ReadSingleLittleEndian(matrix.AsSpan(128 + (4 * i)))));
        await FakeTerminal.OutputOf("embed", trained.Run, table, "--text-column", "what", "--out", _folder["vectors.parquet"]);
        byte[] parquet = File.ReadAllBytes(_folder["vectors.parquet"]);
        Assert.Equal("PAR1"u8.ToArray(), parquet[..4]);
        Assert.True(parquet.AsSpan().IndexOf("\u0002\0\0\0x1\u0002\0\0\0x2"u8) > 0);
        Assert.True(parquet.AsSpan().IndexOf(matrix.AsSpan(128)) > 0);
    }

    [Fact]
    public async Task A_name_that_is_a_number_stays_one()
    {
        string texts = _folder.Write("numbered.jsonl", "{\"id\":5,\"text\":\"the model\"}\n{\"id\":\"6\",\"text\":\"a memory\"}\n"u8);
        string lists = _folder.Write("lists.jsonl", "{\"id\":5,\"hypotheses\":[{\"text\":\"the model\",\"score\":0}]}\n{\"id\":\"6\",\"hypotheses\":[{\"text\":\"a memory\",\"score\":0}]}\n"u8);
        foreach (string[] line in (string[][])[["embed", trained.Run, texts], ["similar", trained.Run, texts, "--to", "the model", "--json"], ["rescore", trained.Run, lists, "--weight", "1"]])
        {
            JsonElement[] ids = [.. Lines(await FakeTerminal.OutputOf(line)).Select(each => each.GetProperty("id"))];
            Assert.Equal(["\"6\"", "5"], ids.Select(id => id.GetRawText()).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task An_option_that_the_model_does_not_have_is_named_and_not_the_text()
    {
        string text = _folder.Write("text.txt", "the model reads\n"u8), empty = _folder.Write("empty.txt", ""u8), data = TinyRun.WriteText(_folder), run = _folder["shaw"];
        await FakeTerminal.OutputOf([.. TinyRun.Train(data, run, 1, "--model", "shaw", "--threads", "1")]);
        foreach ((string option, string[] arguments) in ((string, string[])[])
            [
                ("--pooling", ["embed", trained.Run, text, "--pooling", "first"]),
                ("--pooling", ["embed", trained.Run, empty, "--pooling", "first"]),
                ("--precision", ["embed", run, text, "--precision", "int8"]),
                ("--precision", ["similar", run, text, "--to", "the", "--precision", "int8"]),
                ("--precision", ["score", run, text, "--precision", "int8"]),
                ("--precision", ["generate", run, "the", "--precision", "int8"]),
                ("--precision", ["evaluate", run, "--precision", "int8"]),
            ])
        {
            using FakeTerminal terminal = new();
            Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(arguments));
            Assert.Contains($"({option})", terminal.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("empty", terminal.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("'" + text, terminal.Error, StringComparison.Ordinal);
        }
    }

    /// <summary>The time by which a second run has to end: some seconds, and more on a machine where the first one was slow.</summary>
    private static TimeSpan Limit(Stopwatch watch) => TimeSpan.FromSeconds(5) + (4 * watch.Elapsed);

    [Fact]
    public async Task A_memory_longer_than_a_text_changes_nothing_and_costs_nothing()
    {
        string text = _folder.Write("text.txt", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 40).Select(i => $"the model reads {i}\n"))));
        Stopwatch watch = Stopwatch.StartNew();
        double[][] expected = [.. Lines(await FakeTerminal.OutputOf("embed", trained.Run, text, "--threads", "1", "--memory", "300")).Select(Vector)];
        TimeSpan limit = Limit(watch);
        double[][] vectors = [.. Lines(await FakeTerminal.OutputOf("embed", trained.Run, text, "--threads", "1", "--memory", "1000000")).Select(Vector)];
        Assert.True(watch.Elapsed < limit, $"40 short texts took {watch.Elapsed}, more than {limit}");
        Assert.Equal(expected, vectors);
    }

    [Fact]
    public async Task A_memory_longer_than_the_hypotheses_costs_nothing()
    {
        string lists = _folder.Write("lists.jsonl", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"hypotheses\":[{\"text\":\"the model\",\"score\":0},{\"text\":\"a memory\",\"score\":0}]}\n", 20))));
        Stopwatch watch = Stopwatch.StartNew();
        string expected = await FakeTerminal.OutputOf("rescore", trained.Run, lists, "--weight", "1", "--threads", "1", "--memory", "300");
        TimeSpan limit = Limit(watch);
        Assert.Equal(expected, await FakeTerminal.OutputOf("rescore", trained.Run, lists, "--weight", "1", "--threads", "1", "--memory", "1000000"));
        Assert.True(watch.Elapsed < limit, $"40 hypotheses took {watch.Elapsed}, more than {limit}");
    }

    [Fact]
    public async Task A_whole_file_is_one_text()
    {
        JsonElement line = Assert.Single(Lines(await FakeTerminal.OutputOf("embed", trained.Run, trained.Data, "--whole")));
        Assert.Equal(16, Vector(line).Length);
    }

    [Theory]
    [InlineData("--format is 'csv', but must be one of: jsonl, npy, parquet", "--format", "csv")]
    [InlineData("--format npy needs a file", "--format", "npy")]
    [InlineData("--format parquet needs a file", "--format", "parquet")]
    [InlineData("whose ending names no format", "--out", "x.bin")]
    [InlineData("give one of them", "--whole", "--text-column", "x")]
    public async Task Wrong_usage_of_embed_is_explained(string message, params string[] options)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync(["embed", trained.Run, trained.Data, .. options]));
        Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_column_is_refused()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("embed", trained.Run, _folder.Write("a.csv", "x,y\n1,2\n"u8)));
        Assert.Contains("line 1: no column of texts", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_nearest_texts_of_a_file_are_listed()
    {
        string text = _folder.Write("text.txt", "the model reads a token\na memory keeps the segment\none layer forgets every word\n"u8);
        string output = await FakeTerminal.OutputOf("similar", trained.Run, text, "--to", "a memory keeps the segment", "--top", "2");
        Assert.StartsWith("1.0000  a memory keeps the segment\n", output, StringComparison.Ordinal);
        Assert.Equal(2, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        using FakeTerminal terminal = new(input: "one layer forgets every word\nthe model reads a token\n");
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("similar", trained.Run, text, "--to", "-", "--top", "1", "--json"));
        JsonElement[] lines = Lines(terminal.Out);
        Assert.Equal([2, 0], lines.Select(line => line.GetProperty("index").GetInt32()));
        Assert.All(lines, line => Assert.Equal(line.GetProperty("query").GetString(), line.GetProperty("text").GetString()));
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync("similar", trained.Run, text));
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync("similar", trained.Run, text, "--to", ""));
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync("similar", trained.Run, "-", "--to", "x"));
    }

    [Fact]
    public async Task Lists_are_rescored_with_a_weight_that_a_validation_file_gives()
    {
        string Lists(string name, params (string Right, string Wrong)[] pairs) => _folder.Write(name, string.Concat(pairs.Select(pair =>
            $"{{\"id\":\"{pair.Right[..3]}\",\"hypotheses\":[{{\"text\":\"{pair.Wrong}\",\"score\":-1}},{{\"text\":\"{pair.Right}\",\"score\":-1.5}}],\"reference\":\"{pair.Right}\"}}\n")));
        string valid = Lists("valid.jsonl", ("the model reads a token.", "kkkkkk vvvvvv mmmmmm kkkkkk vvvvvv kkkkkk vvvvvv"), ("a memory keeps the segment.", "vvvvvv kkkkkk mmmmmm vvvvvv kkkkkk vvvvvv kkkkkk"));
        string test = Lists("test.jsonl", ("one layer forgets every word.", "mmmmmm kkkkkk vvvvvv mmmmmm kkkkkk vvvvvv kkkkkk"));
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("rescore", trained.Run, test, "--valid", valid, "--end", ""));
        JsonElement line = Assert.Single(EmbedCommandTests.Lines(terminal.Out));
        Assert.Equal("one layer forgets every word.", line.GetProperty("text").GetString());
        Assert.Contains("word error rate 0.00 % on 2 validation lists, 140.00 % without the model, 0.00 % at best", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("1 list; word error rate 0.00 %, 140.00 % without the model", terminal.Error, StringComparison.Ordinal);
        JsonElement unweighted = Assert.Single(EmbedCommandTests.Lines(await FakeTerminal.OutputOf("rescore", trained.Run, test, "--weight", "0")));
        Assert.Equal("mmmmmm kkkkkk vvvvvv mmmmmm kkkkkk vvvvvv kkkkkk", unweighted.GetProperty("text").GetString());
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync("rescore", trained.Run, test));
        using FakeTerminal infinite = new();
        Assert.Equal(ExitCode.BadInput, await infinite.RunAsync("rescore", trained.Run, test, "--weight", "1e308"));
        Assert.Contains("list 1 of '", infinite.Error, StringComparison.Ordinal);
        Assert.Contains("choose a smaller --weight", infinite.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("rescore", trained.Run, _folder.Write("bad.jsonl", "{\"hypotheses\":[]}\n"u8), "--weight", "1"));
        Assert.Contains("bad.jsonl', line 1, column hypotheses: the list has no hypotheses", terminal.Error, StringComparison.Ordinal);
    }
}
