using System.Diagnostics;
using TransformerXL.Cli.Options;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Cli.Bench;

/// <summary>Matrix products of shapes that occur in the models: x W^T with x (Rows, Depth) and W (Columns, Depth).</summary>
internal static class MatrixProductBench
{
    /// <summary>The result of one shape.</summary>
    /// <param name="Rows">Rows of x.</param>
    /// <param name="Columns">Rows of W.</param>
    /// <param name="Depth">Columns of both.</param>
    /// <param name="Precision">The precision of x and W: float32, bf16 or int8.</param>
    /// <param name="Unit">The unit that multiplied bfloat16 or 8-bit values, which also determines the peak; null for the vectors of the instruction set.</param>
    /// <param name="Gigaflops">The median, in 10^9 operations per second.</param>
    /// <param name="PeakGigaflops">The processor's peak with operands in registers, measured just before.</param>
    public sealed record Result(int Rows, int Columns, int Depth, string Precision, string? Unit, double Gigaflops, double PeakGigaflops)
    {
        /// <summary>The measurement as a share of the peak that bounds it.</summary>
        public PeakShare Share => new(PeakShare.NameOf($"matmul {Rows} x {Columns} x {Depth}", Precision), PeakShare.Arithmetic, Gigaflops / PeakGigaflops);
    }

    private static readonly TimeSpan PeakDuration = TimeSpan.FromSeconds(0.15);

    public static IReadOnlyList<(int Rows, int Columns, int Depth)> Shapes { get; } =
    [
        (1, 512, 512), (16, 256, 256), (128, 1536, 512), (512, 512, 2048), (1024, 512, 512), (1024, 1024, 1024), (2048, 1024, 256), (2048, 256, 1024), (2048, 2048, 2048),
    ];

    public static Result Measure(int rows, int columns, int depth, Precision precision, CpuBackend backend, TimeSpan duration, CancellationToken stop)
    {
        double peak = PeakMeasurement.Gigaflops(backend, PeakDuration, precision);
        Action multiply = Product(rows, columns, depth, precision, backend);
        int repetitions = (int)Math.Clamp(2e7 / (2.0 * rows * columns * depth), 1, 10_000);
        List<double> seconds = [];
        long begin = Stopwatch.GetTimestamp();
        while (seconds.Count < 5 || Stopwatch.GetElapsedTime(begin) < duration)
        {
            stop.ThrowIfCancellationRequested();
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < repetitions; i++)
            {
                multiply();
            }

            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds / repetitions);
        }

        seconds.Sort();
        double gigaflops = 2.0 * rows * columns * depth / seconds[seconds.Count / 2] / 1e9;
        return new Result(rows, columns, depth, PrecisionNames.Of(precision), PrecisionNames.UnitOf(precision, backend), gigaflops, peak);
    }

    /// <summary>A product as in training, which packs both operands; for 8 bits as in inference, which rounds and packs the weight once.</summary>
    private static Action Product(int rows, int columns, int depth, Precision precision, CpuBackend backend)
    {
        Tensor input = Tensor.Allocate(new Shape(rows, depth));
        Parameter weight = new("weight", new Shape(columns, depth));
        input.Span.Fill(0.5f);
        weight.Value.Span.Fill(0.25f);
        if (precision == Precision.Int8)
        {
            InferenceWeight rounded = backend.CreateWeight(weight.Value, precision);
            Tensor output = Tensor.Allocate(new Shape(rows, columns));
            return () => backend.Linear(input, rounded, default, output);
        }

        Tape tape = new(backend, precision);
        return () =>
        {
            tape.BeginEvaluation();
            tape.Linear(tape.Constant(input), weight);
        };
    }
}
