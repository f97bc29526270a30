using Spectre.Console;
using TransformerXL.Cli.Bench;
using TransformerXL.Cli.Terminals;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Cli.Screens;

/// <summary>Runs measurements and shows them as tables or lines of JSON.</summary>
internal sealed class BenchScreen(Terminal terminal, BenchModel bench, Precision precision, CpuBackend backend, TimeSpan duration, bool json, CancellationToken stop)
{
    /// <summary>Training, evaluation or generation.</summary>
    public PeakShare Workload(string mode, int? streams)
    {
        int batch = streams ?? bench.BatchOf(mode);
        Workload workload = mode switch
        {
            BenchModel.Train => TrainingWorkload.Create(bench, batch, precision, backend),
            BenchModel.Generate => new GenerationWorkload(bench, batch, precision, backend),
            _ => bench.Model.IsCausal ? new EvaluationWorkload(bench, batch, precision, backend) : new EncodingWorkload(bench, batch, precision, backend),
        };
        BenchResult measured;
        using (StatusLine status = new(terminal))
        {
            status.Show($"measuring {mode}: warming up");
            measured = BenchRunner.Measure(bench.Name, mode, workload, backend, duration, terminal.Clock, new Status(status, $"measuring {mode}", duration), stop);
        }

        if (json)
        {
            WriteLine(measured);
        }
        else
        {
            terminal.OutConsole.Write(BenchTable.Render(measured));
        }

        return measured.Share;
    }

    /// <summary>Matrix products, shape by shape.</summary>
    public IReadOnlyList<PeakShare> MatrixProducts()
    {
        string isa = backend.Isa.ToString().ToLowerInvariant();
        List<MatrixProductBench.Result> results = [];
        using StatusLine status = new(terminal);
        WorkProgress progress = new(status);
        foreach ((int rows, int columns, int depth) in MatrixProductBench.Shapes)
        {
            progress.Show("measuring matrix products", results.Count, MatrixProductBench.Shapes.Count);
            MatrixProductBench.Result measured = MatrixProductBench.Measure(rows, columns, depth, precision, backend, duration / MatrixProductBench.Shapes.Count, stop);
            results.Add(measured);
            if (json)
            {
                new JsonLines(terminal.Out).Write(writer => BenchJson.Write(writer, measured, isa, backend.Threads));
            }
        }

        status.Clear();
        if (!json)
        {
            string peak = Figures.Rate(results.Max(result => result.PeakGigaflops));
            terminal.OutConsole.WriteLine($"x W^T in {BenchTable.Unit(results[0].Precision, results[0].Unit)}, {isa}, {Figures.Count(backend.Threads, "thread")}, measured peak {peak} GFLOP/s");
            terminal.OutConsole.Write(BenchTable.Render(results));
        }

        return [.. results.Select(result => result.Share)];
    }

    /// <summary>Training with one size changed at a time.</summary>
    public void Sizes()
    {
        SizeBench sizes = new(bench, backend, terminal.Clock);
        List<(SizeBench.Variation, BenchResult)> results = [];
        using (StatusLine status = new(terminal))
        {
            WorkProgress progress = new(status);
            foreach (SizeBench.Variation variation in sizes.Variations)
            {
                progress.Show("measuring training with one size changed at a time", results.Count, sizes.Variations.Count);
                BenchResult measured = sizes.Measure(variation, duration, stop);
                results.Add((variation, measured));
                if (json)
                {
                    WriteLine(measured);
                }
            }
        }

        if (!json)
        {
            terminal.OutConsole.Write(BenchTable.Render(results));
        }
    }

    /// <summary>The paper's table of the cost of recomputing a window for each token.</summary>
    public void SlowDown(int? windows)
    {
        SlowDownBench slowDown = new(bench, backend, windows, terminal.Clock);
        List<SlowDownBench.Result> results = [];
        using (StatusLine status = new(terminal))
        {
            WorkProgress progress = new(status);
            foreach ((int length, double paper) in SlowDownBench.Paper)
            {
                progress.Show("measuring attention lengths", results.Count, SlowDownBench.Paper.Count);
                SlowDownBench.Result measured = slowDown.Measure(length, paper, duration / (2 * SlowDownBench.Paper.Count), stop);
                results.Add(measured);
                if (json)
                {
                    new JsonLines(terminal.Out).Write(writer => BenchJson.Write(writer, measured));
                }
            }
        }

        if (!json)
        {
            terminal.OutConsole.Write(BenchTable.Render(results));
        }
    }

    // In a method of its own: measurements that are shown as a table need no memory for the code that writes JSON.
    private void WriteLine(BenchResult measured) => new JsonLines(terminal.Out).Write(writer => BenchJson.Write(writer, measured));

    private sealed class Status(StatusLine line, string what, TimeSpan duration) : IProgress<TimeSpan>
    {
        private readonly WorkProgress _progress = new(line);

        public void Report(TimeSpan value) => _progress.Show(what, value.Ticks, duration.Ticks);
    }
}
