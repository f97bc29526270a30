using System.Text.Json;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>What commands say about a model of a task: units, metrics, progress, characters that are not known.</summary>
public sealed class TaskOutputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Run => _folder["run"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_prediction_of_many_texts_shows_its_progress_on_standard_error()
    {
        await TrainAsync("classify");
        using FakeTerminal terminal = new(clock: new TickingClock());
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("predict", Run, _folder.Write("lines.txt", string.Concat(Enumerable.Repeat("the box is red\n", 200))), "--batch", "1", "--threads", "1"));
        Assert.Matches("txl: predicting: [0-9]+ texts\\n", terminal.Error.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Characters_that_are_not_in_the_vocabulary_are_counted_by_every_command()
    {
        static string Line(string text, int i) => $$"""{"text":"{{text}} {{i % 5}}","label":"{{i % 2}}"}""" + "\n";
        string data = _folder.Write("train.jsonl", string.Concat(Enumerable.Range(0, 20).Select(i => Line("sun", i)))), other = _folder.Write("valid.jsonl", Line("äöü", 0) + Line("sun", 1));
        string[] train = TinyRun.TrainTask("classify", data, Run, 2, "--vocabulary", "characters");
        train[Array.IndexOf(train, "--valid") + 1] = other;
        foreach (string[] command in (string[][])[train, ["evaluate", Run, "--split", "valid"], ["evaluate", Run, "--data", other], ["predict", Run, other]])
        {
            Assert.Contains("txl: 3 characters are not in the vocabulary\n", await NotesOf(command), StringComparison.Ordinal);
        }

        Assert.DoesNotContain("vocabulary", await NotesOf("predict", Run, data), StringComparison.Ordinal);
        Assert.Contains("txl: 1 character is not in the vocabulary\n", await NotesOf("predict", Run, _folder.Write("one.txt", "sün\n")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"text":"the box is red"}""", true)]
    [InlineData("""{"Text":"the box is red"}""", true)]
    [InlineData("""{"box":"the box is red"}""", false)]
    [InlineData("{the box}", false)]
    [InlineData("the box is red", false)]
    public async Task Objects_that_are_read_as_plain_text_are_remarked(string line, bool isRemarked)
    {
        await TrainAsync("classify");
        using FakeTerminal terminal = new(input: line + "\n" + line);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("predict", Run, "--threads", "1"));
        Assert.Equal(isRemarked, terminal.Error.Contains("the first line of 'standard input' is a JSON object and is read as plain text; --input jsonl reads the text in it", StringComparison.Ordinal));
        using FakeTerminal wanted = new(input: line);
        Assert.Equal(ExitCode.Ok, await wanted.RunAsync("predict", Run, "--input", "lines", "--threads", "1"));
        Assert.DoesNotContain("JSON object", wanted.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_loss_of_numbers_is_not_in_nats_or_bits_and_info_names_what_chose()
    {
        string data = _folder.Write("numbers.csv", "text,label\n" + string.Concat(Enumerable.Range(0, 20).Select(i => $"text {i},{i}\n")));
        string output = await FakeTerminal.OutputOf(TinyRun.TrainTask("classify", data, Run, 10, "--labels", "number", "--json"));
        Assert.DoesNotContain("bits_per", output, StringComparison.Ordinal);
        Assert.DoesNotContain("bits_per", await File.ReadAllTextAsync(Path.Combine(Run, "metrics.jsonl")), StringComparison.Ordinal);
        string info = await InfoAsync();
        Assert.DoesNotContain("nats", info, StringComparison.Ordinal);
        Assert.Matches("squared error of scaled numbers; chosen [0-9.]+ at step 10, by spearman -?[01]\\.[0-9]{4}", info);
    }

    [Theory]
    [InlineData("classify", "accuracy [01]\\.[0-9]{4}", "accuracy")]
    [InlineData("answer", "exact match [0-9.]+ %", "exact_match")]
    [InlineData("classify", "macro f1 [01]\\.[0-9]{4}", "macro_f1", "--metric", "macro_f1")]
    public async Task Info_names_the_metric_that_chose_the_best_weights(string task, string shown, string name, params string[] options)
    {
        await FakeTerminal.OutputOf(TinyRun.TrainTask(task, TinyRun.WriteExamples(_folder, task), Run, 10, options));
        Assert.Matches($"nats, loss of the task; chosen [0-9.]+ at step 10, by {shown}", await InfoAsync());
        JsonElement best = JsonDocument.Parse(await FakeTerminal.OutputOf("info", Run, "--json")).RootElement.GetProperty("best");
        Assert.Equal(name, best.GetProperty("chosen_by").GetString());
        Assert.Equal(JsonValueKind.Number, best.GetProperty("best_metric").ValueKind);
    }

    [Fact]
    public async Task A_run_is_said_to_be_replaced_only_when_it_is()
    {
        string data = TinyRun.WriteText(_folder), examples = TinyRun.WriteExamples(_folder, "classify");
        await FakeTerminal.OutputOf(TinyRun.Train(data, Run, 2));
        foreach (string[] command in (string[][])[["train", "--data", data], ["train", "--task", "classify", "--train", examples, "--valid", examples]])
        {
            using FakeTerminal terminal = new();
            Assert.Equal(ExitCode.BadInput, await terminal.RunAsync([.. command, "--init", Run, "--out", Run, "--force", "--steps", "2", "--threads", "1"]));
            Assert.Contains("holds the weights that the new run is to begin with", terminal.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("is replaced", terminal.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Examples_come_from_a_file_and_errors_name_the_option_of_the_command()
    {
        await TrainAsync("classify");
        foreach (string task in (string[])["classify", "label"])
        {
            Assert.Contains("examples are read from a file or a folder, not from standard input; name one, or give JSON lines with --input jsonl", await ErrorOf("predict", Run, "-", "--input", "examples"), StringComparison.Ordinal);
            await FakeTerminal.OutputOf([.. TinyRun.TrainTask("label", TinyRun.WriteExamples(_folder, "label"), Run, 2), "--force"]);
        }

        await FakeTerminal.OutputOf([.. TinyRun.TrainTask("classify", _folder["examples.jsonl"], Run, 2), "--force"]);
        string unknown = _folder.Write("unknown.txt", "one line\n");
        Assert.EndsWith(" (--input)\n", await ErrorOf("predict", Run, unknown, "--input", "examples"), StringComparison.Ordinal);
        Assert.EndsWith(" (--format)\n", await ErrorOf("evaluate", Run, "--data", unknown), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_of_questions_that_do_not_occur_are_left_out()
    {
        const string Answered = """{"question":"who","context":"it was Ada here","answers":[{"text":"Ada","answer_start":7}]}""", None = """{"question":"why","context":"it was Ada here","answers":[]}""";
        string mixed = _folder.Write("mixed.jsonl", string.Concat(Enumerable.Repeat($"{Answered}\n{None}\n", 6))), answered = _folder.Write("answered.jsonl", Answered + "\n"), none = _folder.Write("none.jsonl", None + "\n");
        await FakeTerminal.OutputOf(TinyRun.TrainTask("answer", mixed, Run, 2));
        Assert.Equal(["has_answer_exact_match", "has_answer_f1"], await NamesAsync(answered));
        Assert.Equal(["no_answer_exact_match", "no_answer_f1"], await NamesAsync(none));
        Assert.Equal(4, (await NamesAsync(mixed)).Length);
        Assert.DoesNotContain("no answer", await FakeTerminal.OutputOf("evaluate", Run, "--data", answered, "--threads", "1"), StringComparison.Ordinal);
        // The metric that a training was told to choose by is there even so.
        await FakeTerminal.OutputOf([.. TinyRun.TrainTask("answer", mixed, Run, 2, "--metric", "no_answer_f1"), "--force"]);
        Assert.Equal(["no_answer_f1", "has_answer_exact_match", "has_answer_f1"], await NamesAsync(answered));

        async Task<string[]> NamesAsync(string data) =>
            [.. JsonDocument.Parse(await FakeTerminal.OutputOf("evaluate", Run, "--data", data, "--json", "--threads", "1")).RootElement.EnumerateObject().Select(member => member.Name).Where(name => name.Contains("_answer_", StringComparison.Ordinal))];
    }

    [Fact]
    public async Task An_id_that_is_a_number_stays_one()
    {
        await TrainAsync("classify");
        string output = await FakeTerminal.OutputOf("predict", Run, _folder.Write("ids.jsonl", "{\"id\":7,\"text\":\"red\"}\n{\"id\":\"7\",\"text\":\"red\"}\n{\"id\":1.50,\"text\":\"red\"}\n"), "--threads", "1");
        Assert.Equal(["7", "\"7\"", "1.50"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("id").GetRawText()));
    }

    [Fact]
    public async Task A_page_that_cannot_be_written_is_told_before_anything_is_read()
    {
        await TrainAsync("classify");
        string page = _folder["missing/page.html"];
        Assert.Contains($"'{page}' cannot be written: its folder does not exist", await ErrorOf("predict", Run, "absent.txt", "--explain-page", page), StringComparison.Ordinal);
        foreach (string command in (string[])["surprisal {0} absent.txt", "context {0} --data absent.txt", "embed {0} absent.txt"])
        {
            string file = command.StartsWith("embed", StringComparison.Ordinal) ? _folder["missing/vectors.npy"] : page;
            Assert.Contains($"'{file}' cannot be written: its folder does not exist", await ErrorOf([.. command.Split(' ').Select(part => part == "{0}" ? Run : part), "--out", file]), StringComparison.Ordinal);
        }
    }

    private Task<string> TrainAsync(string task) => FakeTerminal.OutputOf(TinyRun.TrainTask(task, TinyRun.WriteExamples(_folder, task), Run, 2));

    /// <summary>The table of the run in lines that are not folded.</summary>
    private async Task<string> InfoAsync()
    {
        using FakeTerminal terminal = new(width: 400);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("info", Run));
        return terminal.Out;
    }

    private static async Task<string> NotesOf(params string[] arguments)
    {
        using FakeTerminal terminal = new();
        int code = await terminal.RunAsync([.. arguments, "--threads", "1"]);
        Assert.True(code == ExitCode.Ok, terminal.Error);
        return terminal.Error.ReplaceLineEndings("\n");
    }

    private static async Task<string> ErrorOf(params string[] arguments)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(arguments));
        return terminal.Error.ReplaceLineEndings("\n");
    }

    /// <summary>Four seconds pass whenever somebody looks.</summary>
    private sealed class TickingClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Add(ref _now, 4 * TimeSpan.TicksPerSecond);
    }
}
