using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using TransformerXL.Cli.Bench;

namespace TransformerXL.Cli.Screens;

/// <summary>Measurements for people.</summary>
internal static class BenchTable
{
    public static IRenderable Render(BenchResult result)
    {
        string shape = string.Create(
            CultureInfo.InvariantCulture,
            $"{Figures.Large(result.Parameters)} parameters, segments of {result.TargetLength}, memory of {result.MemoryLength}, batch {result.Batch}");
        return new Rows(
            new Markup($"[bold]{result.Mode} {Markup.Escape(result.Model)}[/]: {shape}"),
            new Markup($"[grey]float32, {result.Isa}, {result.Threads} threads, {result.Steps} steps measured[/]"),
            Grid(
                ("speed", $"{Figures.Rate(result.TokensPerSecond)} tokens/s"),
                ("one step", $"{Figures.Duration(result.SecondsPerStep)} (median)"),
                ("arithmetic", $"{Figures.Rate(result.Gigaflops)} GFLOP/s, {result.ShareOfPeak.ToString("P0", CultureInfo.InvariantCulture)} of the measured peak of {Figures.Rate(result.PeakGigaflops)}"),
                ("peak memory", Figures.Bytes(result.PeakMemoryBytes))));
    }

    /// <summary>An empty table of matrix products.</summary>
    public static Table ForMatrixProducts()
    {
        Table table = new Table().Border(TableBorder.Simple);
        foreach (string head in (string[])["rows", "columns", "depth", "GFLOP/s", "of peak"])
        {
            table.AddColumn(new TableColumn(head).RightAligned());
        }

        return table;
    }

    /// <summary>Names in grey beside values.</summary>
    public static Grid Grid(params IEnumerable<(string Name, string Value)> rows)
    {
        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap().Padding(2, 0, 2, 0)).AddColumn();
        foreach ((string name, string value) in rows)
        {
            grid.AddRow(new Text(name, new Style(Color.Grey)), new Text(value));
        }

        return grid;
    }
}
