using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using TransformerXL.Cli.Bench;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Tensors.Kernels;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl bench</c>: how fast this machine trains, evaluates, generates and multiplies matrices.</summary>
internal sealed class BenchCommand(Terminal terminal) : ICommandDefinition
{
    private static readonly string[] Modes = ["train", "evaluate", "generate", "matmul"];
    private static readonly TimeSpan PeakDuration = TimeSpan.FromSeconds(0.4);

    private readonly Argument<string> _mode = new("MODE") { Description = $"What to measure: {string.Join(", ", Modes)}." };
    private readonly Option<string> _model = NewOption.Choice("--model", "Architecture", [.. BenchModel.All.Select(model => model.Name)], BenchModel.All[0].Name);
    private readonly Option<double?> _seconds = NewOption.Real("--seconds", "Length of the measurement in seconds, warm-up not counted.", "from 0.1 to 3600", value => value is >= 0.1 and <= 3600, (double?)6);
    private readonly Option<int?> _batch = NewOption.Whole("--batch", "Streams of text side by side. [default: 16 for training 'small', otherwise 1]", 1, 1 << 16);
    private readonly Option<bool> _json = NewOption.Flag("--json", "Print one line of JSON for each measurement.");
    private readonly MachineOptions _machine = new();

    public Command Create()
    {
        _mode.CustomParser = result =>
        {
            string mode = result.Tokens[^1].Value;
            if (!Modes.Contains(mode))
            {
                result.AddError($"MODE is '{mode}', but must be one of: {string.Join(", ", Modes)}");
            }

            return mode;
        };
        Command command = new("bench", "Measure speed: tokens and arithmetic per second, share of what the processor can do, memory. Random tokens, no files.")
        {
            _mode, _model, _seconds, _batch, _json,
        };
        _machine.AddTo(command);
        command.SetAction(Run);
        return command;
    }

    private Task<int> Run(ParseResult result, CancellationToken stop)
    {
        using CpuBackend backend = _machine.CreateBackend(result);
        TimeSpan duration = TimeSpan.FromSeconds(result.Get(_seconds));
        string mode = result.GetRequiredValue(_mode);
        if (mode == "matmul")
        {
            MatrixProducts(backend, duration, result.GetValue(_json), stop);
            return Task.FromResult(ExitCode.Ok);
        }

        BenchModel bench = BenchModel.All.First(model => model.Name == result.GetRequiredValue(_model));
        int batch = result.GetValue(_batch) ?? (mode == "train" ? bench.TrainingBatch : 1);
        IWorkload workload = mode switch
        {
            "train" => new TrainingWorkload(bench, batch, backend),
            "generate" => new GenerationWorkload(bench, batch, backend),
            _ => new EvaluationWorkload(bench, batch, backend),
        };
        BenchResult measured = BenchRunner.Measure(bench.Name, mode, workload, backend, duration, terminal.Clock, stop);
        if (result.GetValue(_json))
        {
            new JsonLines(terminal.Out).Write(json => BenchJson.Write(json, measured));
        }
        else
        {
            terminal.OutConsole.Write(BenchTable.Render(measured));
        }

        return Task.FromResult(ExitCode.Ok);
    }

    private void MatrixProducts(CpuBackend backend, TimeSpan duration, bool json, CancellationToken stop)
    {
        double peak = PeakMeasurement.Gigaflops(backend, PeakDuration);
        string isa = backend.Isa.ToString().ToLowerInvariant();
        Table table = BenchTable.ForMatrixProducts();
        JsonLines lines = new(terminal.Out);
        foreach ((int rows, int columns, int depth) in MatrixProductBench.Shapes)
        {
            MatrixProductBench.Result measured = MatrixProductBench.Measure(rows, columns, depth, backend, duration / MatrixProductBench.Shapes.Count, stop);
            if (json)
            {
                lines.Write(writer => BenchJson.Write(writer, measured, isa, backend.Threads, peak));
            }
            else
            {
                table.AddRow(
                    rows.ToString(CultureInfo.InvariantCulture),
                    columns.ToString(CultureInfo.InvariantCulture),
                    depth.ToString(CultureInfo.InvariantCulture),
                    measured.Gigaflops.ToString("N1", CultureInfo.InvariantCulture),
                    (measured.Gigaflops / peak).ToString("P0", CultureInfo.InvariantCulture));
            }
        }

        if (!json)
        {
            terminal.OutConsole.WriteLine($"x W^T in float32, {isa}, {backend.Threads} threads, measured peak {Figures.Rate(peak)} GFLOP/s");
            terminal.OutConsole.Write(table);
        }
    }
}
