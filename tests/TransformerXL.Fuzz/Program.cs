using SharpFuzz;
using TransformerXL.Fuzz;

// list | seeds FOLDER | run TARGET (under afl-fuzz) | try TARGET FILE...
switch (args)
{
    case ["list"]:
        Console.WriteLine(string.Join(Environment.NewLine, FuzzTargets.All.Select(target => target.Name)));
        return 0;
    case ["seeds", var folder]:
        WriteSeeds(folder);
        return 0;
    case ["run", var name]:
        // Found in the first run: instrumented code crashes before the fuzzer's memory is there, and targets have values of the libraries.
        Lazy<FuzzTarget> fuzzed = new(() => FuzzTargets.Find(name));
        Fuzzer.Run(stream =>
        {
            using MemoryStream whole = new();
            stream.CopyTo(whole);
            fuzzed.Value.Check(whole.ToArray());
        });
        return 0;
    case ["try", var name, .. var files]:
        foreach (string file in files)
        {
            Console.WriteLine($"{file}: {FuzzTargets.Find(name).Check(File.ReadAllBytes(file)) ?? "accepted"}");
        }

        return 0;
    default:
        Console.Error.WriteLine("usage: list | seeds FOLDER | run TARGET | try TARGET FILE...   (see README.md)");
        return 2;
}

static void WriteSeeds(string folder)
{
    foreach (FuzzTarget target in FuzzTargets.All)
    {
        string own = Directory.CreateDirectory(Path.Combine(folder, target.Name)).FullName;
        int number = 0;
        foreach (byte[] seed in target.Seeds())
        {
            File.WriteAllBytes(Path.Combine(own, $"seed-{number++}"), seed);
        }
    }
}
