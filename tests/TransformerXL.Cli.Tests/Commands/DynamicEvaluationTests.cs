using System.Text.Json;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary><c>evaluate --dynamic</c>.</summary>
public sealed class DynamicEvaluationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Both_losses_and_speeds_are_told_and_the_run_stays_as_it_is()
    {
        string run = await TrainAsync();
        Dictionary<string, string> before = Snapshot(run);
        JsonElement root = await EvaluateAsync(run, "rms"), dynamic = root.GetProperty("dynamic");
        Assert.Equal("rms", dynamic.GetProperty("rule").GetString());
        Assert.NotEqual(root.GetProperty("loss").GetDouble(), dynamic.GetProperty("loss").GetDouble());
        Assert.True(dynamic.GetProperty("tokens_per_second").GetDouble() > 0);
        Assert.False(dynamic.GetProperty("tuned").GetBoolean());
        Assert.Equal(dynamic.GetProperty("loss").GetDouble(), (await EvaluateAsync(run, "rms")).GetProperty("dynamic").GetProperty("loss").GetDouble());
        string shown = await FakeTerminal.OutputOf("evaluate", run, "--dynamic", "adam", "--threads", "1");
        Assert.Contains("bits per character", shown, StringComparison.Ordinal);
        Assert.Contains("trained weights", shown, StringComparison.Ordinal);
        Assert.Contains("dynamic, adam", shown, StringComparison.Ordinal);
        Dictionary<string, string> after = Snapshot(run);
        Assert.True(after.Remove("dynamic.safetensors"));
        Assert.Equal(before, after);
    }

    [Fact]
    public async Task Values_that_a_search_found_are_used_by_the_next_call()
    {
        string run = await TrainAsync();
        JsonElement tuned = (await EvaluateAsync(run, "sgd", "--tune", "--tune-tokens", "300")).GetProperty("dynamic");
        Assert.True(tuned.GetProperty("tuned").GetBoolean());
        JsonElement next = (await EvaluateAsync(run, "sgd")).GetProperty("dynamic");
        foreach (string member in (string[])["loss", "learning_rate", "decay", "epsilon"])
        {
            Assert.Equal(tuned.GetProperty(member).GetDouble(), next.GetProperty(member).GetDouble());
        }

        Assert.True(next.GetProperty("tuned").GetBoolean());
        JsonElement given = (await EvaluateAsync(run, "sgd", "--lr", "0.0625")).GetProperty("dynamic");
        Assert.Equal((0.0625, false), (given.GetProperty("learning_rate").GetDouble(), given.GetProperty("tuned").GetBoolean()));
    }

    [Fact]
    public async Task Damaged_statistics_are_gathered_again_and_kept_ones_are_used_again()
    {
        string run = await TrainAsync(), file = Path.Combine(run, "dynamic.safetensors");
        double loss = (await EvaluateAsync(run, "rms")).GetProperty("dynamic").GetProperty("loss").GetDouble();
        byte[] whole = File.ReadAllBytes(file);
        File.WriteAllBytes(file, whole[..^5]);
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("evaluate", run, "--dynamic", "rms", "--json", "--threads", "1"));
        Assert.Contains("the statistics are gathered again", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(loss, JsonDocument.Parse(terminal.Out).RootElement.GetProperty("dynamic").GetProperty("loss").GetDouble());
        Assert.Equal(whole, File.ReadAllBytes(file));
        File.Delete(_folder["text.txt"]);
        Directory.Delete(Path.Combine(run, "data"), recursive: true);
        string other = _folder.Write("other.txt", TinyRun.Text(50));
        Assert.Equal("rms", (await EvaluateAsync(run, "rms", "--data", other)).GetProperty("dynamic").GetProperty("rule").GetString());
    }

    [Fact]
    public async Task A_training_text_that_is_gone_is_named_by_the_rule_that_needs_it()
    {
        string run = await TrainAsync(), other = _folder.Write("other.txt", TinyRun.Text(50));
        File.Delete(_folder["text.txt"]);
        Directory.Delete(Path.Combine(run, "data"), recursive: true);
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("evaluate", run, "--data", other, "--dynamic", "--threads", "1"));
        Assert.Contains("the training text is needed for the statistics of gradients that rms divides by; sgd and adam need none: ", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("text.txt", terminal.Error, StringComparison.Ordinal);
        Assert.Equal("sgd", (await EvaluateAsync(run, "sgd", "--data", other)).GetProperty("dynamic").GetProperty("rule").GetString());

        // Another text to evaluate is no training text.
        await FakeTerminal.OutputOf("export", run, "--out", _folder["exported"], "--format", "reference");
        await FakeTerminal.OutputOf("import", _folder["exported"], "--out", _folder["imported"]);
        using FakeTerminal folder = new();
        Assert.Equal(ExitCode.BadInput, await folder.RunAsync("evaluate", _folder["imported"], "--data", other, "--dynamic", "--threads", "1"));
        Assert.Contains("it is a model folder", folder.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("--data", folder.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Steps_that_are_too_large_end_as_diverged_and_name_the_option()
    {
        string run = await TrainAsync();
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Diverged, await terminal.RunAsync("evaluate", run, "--dynamic", "sgd", "--lr", "1e9", "--threads", "1"));
        Assert.Contains("are too large; a smaller learning rate", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_that_can_be_read_only_once_is_refused_before_it_is_read()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        string run = await TrainAsync(), pipe = _folder["pipe"];
        using (System.Diagnostics.Process make = System.Diagnostics.Process.Start("mkfifo", [pipe]))
        {
            await make.WaitForExitAsync();
        }

        using FakeTerminal terminal = new();
        Task<int> end = Task.Run(() => terminal.RunAsync("generate", run, "--prompt-file", pipe, "--tokens", "1", "--adapt", "sgd", "--threads", "1"));
        Assert.Equal(ExitCode.BadInput, await end.WaitAsync(TimeSpan.FromMinutes(2)));
        Assert.Contains("is a pipe, a socket or a terminal, but a regular file is needed", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_is_learned_from_before_the_text_is_written_and_the_run_stays_as_it_is()
    {
        string run = await TrainAsync(), prompt = _folder.Write("prompt.txt", string.Concat(Enumerable.Repeat("keeps keeps ", 60)));
        Dictionary<string, string> before = Snapshot(run);
        string[] generate = ["generate", run, "--prompt-file", prompt, "--tokens", "40", "--top-k", "1", "--seed", "1", "--no-echo", "--threads", "1"];
        string still = await FakeTerminal.OutputOf(generate);
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync([.. generate, "--adapt", "adam", "--lr", "0.01"]));
        Assert.Contains("steps on 720 characters", terminal.Error, StringComparison.Ordinal);
        Assert.NotEqual(still, terminal.Out);
        Assert.StartsWith("keeps keeps keeps ", terminal.Out, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot(run));
    }

    [Fact]
    public async Task Lines_that_are_watched_are_learned_from()
    {
        string run = await TrainAsync(), lines = string.Concat(Enumerable.Repeat("keeps keeps keeps keeps keeps\npeesk peesk peesk peesk peesk\n", 20));
        async Task<double> LastAsync(params string[] more)
        {
            using FakeTerminal terminal = new(input: lines);
            Assert.Equal(ExitCode.Ok, await terminal.RunAsync(["watch", run, "-", "--json", "--warm-up", "1", "--quantile", "0.0001", "--threads", "1", .. more]));
            return terminal.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).Min(line => line.GetProperty("bits").GetDouble());
        }

        Assert.True(await LastAsync("--adapt", "adam", "--lr", "0.01") < 0.8 * await LastAsync());
    }

    [Theory]
    [InlineData("--adapt reads the prompt twice", "generate", "x", "--adapt")]
    [InlineData("--adapt reads the prompt twice", "generate", "x", "--adapt", "sgd", "--prompt-file", "-")]
    [InlineData("--decay is for --adapt, which is not given", "generate", "x", "--decay", "0")]
    [InlineData("--epsilon is for --adapt rms and adam", "watch", "x", "--adapt", "sgd", "--epsilon", "0.1")]
    public async Task What_adapting_needs_is_named(string message, params string[] arguments)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync(arguments));
        Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--lr is for --dynamic, which is not given", "--lr", "0.1")]
    [InlineData("--tune is for --dynamic, which is not given", "--tune")]
    [InlineData("--tune finds the value of --decay; name one of the two", "--dynamic", "rms", "--tune", "--decay", "0")]
    [InlineData("--tune-tokens is for --tune, which is not given", "--dynamic", "rms", "--tune-tokens", "5")]
    [InlineData("--epsilon is for --dynamic rms and adam", "--dynamic", "sgd", "--epsilon", "0.5")]
    [InlineData("--statistics-tokens is for --dynamic rms; adam needs no statistics", "--dynamic", "adam", "--statistics-tokens", "5")]
    [InlineData("--dynamic is 'newton', but must be one of: sgd, rms, adam", "--dynamic", "newton")]
    [InlineData("--dynamic computes gradients, which --precision int8 has not", "--dynamic", "sgd", "--precision", "int8")]
    public async Task Options_that_do_not_go_together_are_refused(string message, params string[] options)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync(["evaluate", _folder["nowhere"], .. options]));
        Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
    }

    private async Task<string> TrainAsync()
    {
        await FakeTerminal.OutputOf(TinyRun.Train(TinyRun.WriteText(_folder), _folder["run"], 20));
        return _folder["run"];
    }

    private static async Task<JsonElement> EvaluateAsync(string run, string rule, params string[] more) =>
        JsonDocument.Parse(await FakeTerminal.OutputOf(["evaluate", run, "--dynamic", rule, "--json", "--threads", "1", .. more])).RootElement;

    private static Dictionary<string, string> Snapshot(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(file => Path.GetRelativePath(folder, file), file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))));
}
