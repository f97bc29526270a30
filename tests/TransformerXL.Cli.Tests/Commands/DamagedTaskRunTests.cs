using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>Runs that lack a file or have a damaged one: a resumed training refuses them and names commands that work.</summary>
public sealed class DamagedTaskRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Run => _folder["run"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_remedy_for_a_broken_last_checkpoint_of_a_task_trains_the_task()
    {
        string examples = await TrainTaskAsync();
        File.Delete(Path.Combine(Run, "checkpoints", "last", "model.safetensors"));
        string error = await RefusalOfResume();
        string command = $"txl train --init {Run} --task classify --train {examples} --valid {examples} --out {Run}-2";
        Assert.Contains(command, error, StringComparison.Ordinal);
        await FakeTerminal.OutputOf([.. command.Split(' ')[1..], "--steps", "1", "--threads", "1"]);
        Assert.NotEmpty(await FakeTerminal.OutputOf("predict", Run + "-2", examples, "--threads", "1"));
    }

    [Fact]
    public async Task A_missing_head_is_told_with_its_remedy_once()
    {
        await TrainTaskAsync();
        File.Delete(Path.Combine(Run, "checkpoints", "last", "head.safetensors"));
        Assert.Equal(2, (await RefusalOfResume()).Split("put it back").Length);
    }

    [Fact]
    public async Task A_missing_vocabulary_of_a_task_names_no_copy_that_is_not_there()
    {
        await TrainTaskAsync();
        File.Delete(Path.Combine(Run, "vocabulary.json"));
        string error = await RefusalOfResume();
        Assert.Contains("Put a copy back", error, StringComparison.Ordinal);
        Assert.DoesNotContain("the folder of its text has one", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_vocabulary_is_refused_before_a_step_and_its_copy_is_named()
    {
        await FakeTerminal.OutputOf(TinyRun.Train(TinyRun.WriteText(_folder), Run, 4));
        string vocabulary = Path.Combine(Run, "vocabulary.json");
        await File.WriteAllTextAsync(vocabulary, "");
        string error = await RefusalOfResume();
        string copy = Directory.EnumerateFiles(Path.Combine(Run, "data"), "vocabulary.json", SearchOption.AllDirectories).Single();
        Assert.Contains($"the folder of its text has one: {copy}", error, StringComparison.Ordinal);
        File.Copy(copy, vocabulary, overwrite: true);
        await ResumeAsync();
        Assert.NotEmpty(await FakeTerminal.OutputOf("generate", Run, "--tokens", "2", "--threads", "1"));
    }

    [Theory]
    [InlineData(false, "model.safetensors", false)]
    [InlineData(false, "model.safetensors", true)]
    [InlineData(false, "state.json", true)]
    [InlineData(true, "head.safetensors", false)]
    [InlineData(true, "head.safetensors", true)]
    public async Task A_damaged_best_checkpoint_is_refused_until_it_is_removed(bool isTask, string file, bool isEmpty)
    {
        if (isTask)
        {
            await TrainTaskAsync();
        }
        else
        {
            await FakeTerminal.OutputOf(TinyRun.Train(TinyRun.WriteText(_folder), Run, 10));
        }

        string best = Path.Combine(Run, "checkpoints", "best"), damaged = Path.Combine(best, file);
        File.Delete(damaged);
        if (isEmpty)
        {
            await File.WriteAllTextAsync(damaged, "");
        }

        string error = await RefusalOfResume();
        Assert.Contains(file, error, StringComparison.Ordinal);
        Assert.Contains($"remove the folder {best}", error, StringComparison.Ordinal);
        Directory.Delete(best, recursive: true);
        await ResumeAsync();
    }

    private async Task<string> TrainTaskAsync()
    {
        string examples = TinyRun.WriteExamples(_folder, "classify");
        await FakeTerminal.OutputOf(TinyRun.TrainTask("classify", examples, Run, 10));
        return examples;
    }

    private async Task ResumeAsync() => await FakeTerminal.OutputOf("train", "--resume", Run, "--steps", "12", "--threads", "1");

    private async Task<string> RefusalOfResume()
    {
        using FakeTerminal terminal = new();
        int code = await terminal.RunAsync("train", "--resume", Run, "--steps", "12", "--threads", "1");
        Assert.True(code == ExitCode.BadInput, $"exit code {code}: {terminal.Error}");
        return terminal.Error;
    }
}
