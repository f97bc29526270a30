using System.CommandLine;
using System.Globalization;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Load;

/// <summary>The command <c>steps</c>: sessions that write together in this process, without a server.</summary>
internal static class StepCommand
{
    public static Command Create()
    {
        Option<int[]> streams = new("--streams")
        {
            Description = "Numbers of sessions that step together.",
            DefaultValueFactory = _ => [1, 2, 4, 8, 16, 32],
            AllowMultipleArgumentsPerToken = true,
        };
        Option<int> threads = new("--threads") { Description = "Compute threads.", DefaultValueFactory = _ => 1 };
        Option<int> memory = new("--memory") { Description = "Tokens that a session remembers; it is full when the measurement begins.", DefaultValueFactory = _ => 256 };
        Option<int> rounds = new("--rounds") { Description = "Measurements of each number of sessions, in turn.", DefaultValueFactory = _ => 5 };
        Option<double> seconds = new("--seconds") { Description = "Length of a measurement.", DefaultValueFactory = _ => 0.5 };
        Option<Precision> precision = new("--precision") { Description = "Precision: Float32, Bfloat16, Int8.", DefaultValueFactory = _ => Precision.Float32 };
        Option<Isa?> isa = new("--isa") { Description = "Instruction set; the best if not given." };
        Command command = new("steps", "Measures sessions of a model with the sizes of preset small that step together.")
        {
            streams, threads, memory, rounds, seconds, precision, isa,
        };
        command.SetAction(result =>
        {
            using CpuBackend backend = new(result.GetValue(isa), result.GetValue(threads));
            StepBench bench = new(backend, result.GetValue(precision), result.GetValue(memory));
            Console.WriteLine($"{backend.Name}, {backend.Threads} threads, {result.GetValue(precision)}, {result.GetValue(memory)} tokens remembered");
            Print(bench.Measure(result.GetValue(streams)!, result.GetValue(rounds), TimeSpan.FromSeconds(result.GetValue(seconds))));
        });
        return command;
    }

    private static void Print(IReadOnlyList<StepMeasurement> measured)
    {
        Console.WriteLine("streams   tokens/s: best   median   times the first: best   median   processor time of a token");
        foreach (StepMeasurement one in measured)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{one.Streams,7}   {one.Best,14:0}   {one.Median,6:0}   {one.Best / measured[0].Best,21:0.00}   {one.Median / measured[0].Median,6:0.00}   {1e6 * one.Processor,24:0.0} µs"));
        }
    }
}
