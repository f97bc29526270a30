using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

public class ReportCommandTests(TrainedFixture fixture) : IClassFixture<TrainedFixture>
{
    [Fact]
    public void A_training_leaves_its_page_in_the_folder_of_the_run() =>
        Assert.Contains("30 of 30 steps", File.ReadAllText(Path.Combine(fixture.Run, "report.html")), StringComparison.Ordinal);

    [Fact]
    public async Task The_page_is_made_anew_from_the_metrics_and_its_path_printed()
    {
        string page = Path.Combine(fixture.Run, "report.html"), written = File.ReadAllText(page);
        File.Delete(page);
        Assert.Equal(page, (await FakeTerminal.OutputOf("report", fixture.Run)).TrimEnd());
        Assert.Equal(written, File.ReadAllText(page));
    }

    [Fact]
    public async Task The_page_can_be_written_elsewhere()
    {
        using TemporaryFolder folder = new();
        string page = folder["page.html"];
        Assert.Equal(page, (await FakeTerminal.OutputOf("report", fixture.Run, "--out", page)).TrimEnd());
        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(page), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_runs_give_one_page()
    {
        using TemporaryFolder folder = new();
        await FakeTerminal.OutputOf(TinyRun.Train(fixture.Data, folder["other"], 10, "--seed", "5"));
        string page = folder["runs.html"];
        Assert.Equal(page, (await FakeTerminal.OutputOf("report", fixture.Run, folder["other"], "--out", page)).TrimEnd());
        string text = File.ReadAllText(page);
        Assert.Contains("<title>2 runs</title>", text, StringComparison.Ordinal);
        Assert.Contains("training.seed", text, StringComparison.Ordinal);

        // A page of one's own is not replaced by it.
        File.WriteAllText(page, "<p>mine</p>");
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("report", fixture.Run, folder["other"], "--out", page));
        Assert.Equal("<p>mine</p>", File.ReadAllText(page));
    }

    [Fact]
    public async Task A_page_is_opened_on_request_and_it_is_told_if_that_is_not_possible()
    {
        string page = Path.Combine(fixture.Run, "report.html");
        using FakeTerminal terminal = new(), blind = new() { CannotOpen = "there is no display" };
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("report", fixture.Run));
        Assert.Empty(terminal.Opened);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("report", fixture.Run, "--open"));
        Assert.Equal([page], terminal.Opened);
        Assert.Empty(terminal.Error);
        Assert.Equal(ExitCode.Ok, await blind.RunAsync("report", fixture.Run, "--open"));
        Assert.Contains($"{page} cannot be opened in a browser: there is no display; open {new Uri(page).AbsoluteUri} yourself", blind.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_of_a_training_is_opened_before_it_begins_and_is_live_until_it_ends()
    {
        using TemporaryFolder folder = new();
        string live = "", page = Path.Combine(folder["run"], "report.html");
        using FakeTerminal terminal = new() { Opening = path => live = File.ReadAllText(path) };
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(TinyRun.Train(TinyRun.WriteText(folder), folder["run"], 20, "--open")));
        Assert.Equal([page], terminal.Opened);
        Assert.Contains("No step has been reported yet.", live, StringComparison.Ordinal);
        Assert.Contains("http-equiv=\"refresh\"", live, StringComparison.Ordinal);
        Assert.DoesNotContain("http-equiv=\"refresh\"", File.ReadAllText(page), StringComparison.Ordinal);
        Assert.Contains("20 of 20 steps", File.ReadAllText(page), StringComparison.Ordinal);
        Assert.Contains($"See:       {page}", terminal.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_a_run_is_named()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("report", folder["nothing"]));
        Assert.Contains($"there is no folder '{folder["nothing"]}'", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_cannot_be_written_stops_no_training()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["run/report.html"]);
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(TinyRun.Train(TinyRun.WriteText(folder), folder["run"], 20)));
        Assert.Contains("the report of the run could not be written", terminal.Error, StringComparison.Ordinal);
    }
}
