using System.Globalization;
using System.Text.Json.Nodes;
using TransformerXL.Libtorch;

// Answers 'ready', 'go SECONDS' and 'quit' from standard input with one line of JSON each, as bench/pytorch/measure_reference.py does.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["recurrent", var cell, var threads, var rounds])
{
    Console.WriteLine(new RecurrentWitness(cell, layers: 2, size: 512, batch: 32, tokens: 64, int.Parse(threads, CultureInfo.InvariantCulture)).Compare(int.Parse(rounds, CultureInfo.InvariantCulture)).ToJsonString());
    return 0;
}

if (args is ["encoder", var encoderThreads])
{
    foreach (bool isPreNorm in (bool[])[false, true])
    {
        Console.WriteLine(new EncoderWitness(isPreNorm, int.Parse(encoderThreads, CultureInfo.InvariantCulture)).Compare().ToJsonString());
    }

    return 0;
}

PeerOptions options;
try
{
    options = PeerOptions.Parse(args);
}
catch (ArgumentException error)
{
    Console.Error.WriteLine($"libtorch-peer: {error.Message}");
    return 2;
}

Workload work = new(options);
while (Console.ReadLine() is string line && line != "quit")
{
    Console.WriteLine(Answer(line).ToJsonString());
    Console.Out.Flush();
}

return 0;

JsonObject Answer(string line)
{
    if (line == "ready")
    {
        return work.Facts();
    }

    return line.StartsWith("go ", StringComparison.Ordinal) && double.TryParse(line.AsSpan(3), CultureInfo.InvariantCulture, out double seconds) && seconds > 0
        ? work.Measure(seconds)
        : new JsonObject { ["error"] = $"request '{line}' is not 'ready', 'go SECONDS' or 'quit'" };
}
