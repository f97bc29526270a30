using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using TransformerXL.Cli.Bench;
using TransformerXL.Cli.Options;

namespace TransformerXL.Cli.Screens;

/// <summary>Measurements as tables.</summary>
internal static class BenchTable
{
    public static IRenderable Render(BenchResult result)
    {
        List<(string Name, string Value)> rows =
        [
            ("speed", $"{Figures.Rate(result.TokensPerSecond)} tokens/s"),
            ("one step", $"{Figures.Duration(result.SecondsPerStep)} (median)"),
            ("arithmetic", $"{Figures.Rate(result.Gigaflops)} GFLOP/s, {Percent(result.ShareOfPeak)} of the measured peak of {Figures.Rate(result.PeakGigaflops)}"),
        ];
        if (result.Gigabytes > 0)
        {
            rows.Add(("memory read", $"{Figures.Rate(result.Gigabytes)} GB/s, {Percent(result.ShareOfBandwidth)} of the measured peak of {Figures.Rate(result.PeakGigabytes)}"));
        }

        rows.Add(("peak memory", Figures.Bytes(result.PeakMemoryBytes)));
        string shape = string.Create(
            CultureInfo.InvariantCulture,
            $"{Figures.Large(result.Parameters)} parameters, segments of {result.TargetLength}, memory of {result.MemoryLength}, batch {result.Batch}");
        return new Rows(
            new Markup($"[bold]{result.Mode} {Markup.Escape(result.Model)}[/]: {shape}"),
            new Markup($"[grey]{Unit(result.Precision, result.Unit)}, {result.Isa}, {Figures.Count(result.Threads, "thread")}, {Figures.Count(result.Steps, "step")} measured[/]"),
            Grid(rows));
    }

    /// <summary>The paper's table of the slowdown of a window that is recomputed for each token, and the measured values.</summary>
    public static IRenderable Render(IReadOnlyList<SlowDownBench.Result> results)
    {
        SlowDownBench.Result first = results[0];
        FittingTable table = NewTable("attention length", "windows at once", "window, a token", "reuse, a token", "slower by", "paper");
        foreach (SlowDownBench.Result result in results)
        {
            table.AddRow(
            [
                Figures.Count(result.AttentionLength),
                Figures.Count(result.Windows),
                Figures.Duration(result.WindowSeconds),
                Figures.Duration(result.ReuseSeconds),
                $"{Figures.Rate(result.SlowDown)} x",
                $"{Figures.Rate(result.PaperSlowDown)} x",
            ]);
        }

        return new Rows(
            new Markup($"[bold]evaluation {Markup.Escape(first.Model)}[/]: time for one predicted token"),
            new Markup($"[grey]float32, {first.Isa}, {Figures.Count(first.Threads, "thread")}; window: a Transformer without recurrence reads the whole window anew for each token; reuse: a Transformer-XL keeps keys and values, segments of {first.SegmentLength}, {first.TokensAtOnce} tokens at once; paper: Dai et al. 2019, table 9, on a GPU[/]"),
            table);
    }

    /// <summary>Trainings with one size changed at a time.</summary>
    public static IRenderable Render(IReadOnlyList<(SizeBench.Variation Variation, BenchResult Result)> results)
    {
        BenchResult first = results[0].Result;
        FittingTable table = NewTable("changed", "to", "tokens/s", "one step", "GFLOP/s", "of peak");
        foreach ((SizeBench.Variation variation, BenchResult result) in results)
        {
            table.AddRow(
            [
                variation.Size,
                Figures.Count(variation.Value),
                Figures.Rate(result.TokensPerSecond),
                Figures.Duration(result.SecondsPerStep),
                Figures.Rate(result.Gigaflops),
                Percent(result.ShareOfPeak),
            ]);
        }

        return new Rows(
            new Markup($"[bold]train {Markup.Escape(first.Model)}[/], one size changed at a time"),
            new Markup($"[grey]float32, {first.Isa}; where the share of the peak stays, the cost grows as the arithmetic does[/]"),
            table);
    }

    public static IRenderable Render(IReadOnlyList<MatrixProductBench.Result> results)
    {
        FittingTable table = NewTable("rows", "columns", "depth", "GFLOP/s", "of peak");
        foreach (MatrixProductBench.Result result in results)
        {
            table.AddRow(
            [
                result.Rows.ToString(CultureInfo.InvariantCulture),
                result.Columns.ToString(CultureInfo.InvariantCulture),
                result.Depth.ToString(CultureInfo.InvariantCulture),
                result.Gigaflops.ToString("N1", CultureInfo.InvariantCulture),
                Percent(result.Share.Share),
            ]);
        }

        return table;
    }

    /// <summary>A precision, and below float32 the unit that multiplied.</summary>
    public static string Unit(string precision, string? unit) => unit is not null
        ? $"{precision} by {unit}"
        : precision == PrecisionNames.Bfloat16 ? $"{precision} rounded, multiplied as float32" : precision;

    /// <summary>Names in grey, and values.</summary>
    public static Grid Grid(params IEnumerable<(string Name, string Value)> rows)
    {
        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap().Padding(2, 0, 2, 0)).AddColumn();
        foreach ((string name, string value) in rows)
        {
            grid.AddRow(new Spectre.Console.Text(name, new Style(Color.Grey)), new Spectre.Console.Text(value));
        }

        return grid;
    }

    private static string Percent(double share) => share.ToString("P0", CultureInfo.InvariantCulture);

    private static FittingTable NewTable(params string[] heads) => new(heads, [.. heads.Select(_ => Justify.Right)]);
}
