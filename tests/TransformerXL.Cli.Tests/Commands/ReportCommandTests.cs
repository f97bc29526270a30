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
    public async Task A_folder_without_a_run_is_named()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("report", folder["nothing"]));
        Assert.Contains($"there is no folder {folder["nothing"]}", terminal.Error, StringComparison.Ordinal);
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
