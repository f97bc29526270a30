using System.Globalization;
using Xunit.Abstractions;

namespace TransformerXL.Cli.Tests.Faults;

/// <summary>
/// Every command that writes, killed at the N-th call that concerns a file or at a random instant, and with each such call
/// failing: the same command, said again, comes to the same bits, and nothing half is left. The variable TXL_FAULTS is the
/// number of kills, and of failing calls, over all commands; without it a few of each.
/// </summary>
public sealed class FileFaultTests(FaultShim shim, ITestOutputHelper output) : IClassFixture<FaultShim>
{
    private const string Variable = "TXL_FAULTS";
    private const int NoSpace = 28, InputOutput = 5, Permission = 13, ReadOnlySystem = 30;

    /// <summary>What is tried where each process takes a second, because it is not compiled to native code.</summary>
    private static readonly string[] s_few = ["train", "init", "task-classify", "prepare-one", "synthetic", "import"];

    public static TheoryData<string> Scenarios => new(FaultScenario.All.Select(scenario => scenario.Name));

    /// <summary>Faults for each command.</summary>
    private static int Count => int.TryParse(Environment.GetEnvironmentVariable(Variable), CultureInfo.InvariantCulture, out int all)
        ? Math.Max(1, all / FaultScenario.All.Count)
        : 1;

    private static bool IsBrief => Environment.GetEnvironmentVariable(Variable) is null && Environment.GetEnvironmentVariable(FaultBench.NativeProgram) is null;

    [SkippableTheory]
    [InlineData("synthetic")]
    [InlineData("average")]
    [InlineData("prepare-files")]
    public async Task A_flush_to_the_disk_that_fails_is_an_error(string name)
    {
        Skip.If(shim.WhyMissing is not null, shim.WhyMissing);
        using FaultBench bench = await FaultBench.CreateAsync(shim, FaultScenario.Find(name));
        int[] flushes = [.. Enumerable.Range(1, bench.Calls.Count).Where(call => bench.Calls[call - 1] == "fsync")];
        Assert.True(flushes.Length > 4, $"{name} flushes {flushes.Length} times");
        foreach (int call in (int[])[flushes[0], flushes[flushes.Length / 2], flushes[^1]])
        {
            bench.Reset();
            FaultOutcome failed = await bench.RunWithFaultAsync(call, InputOutput);
            Assert.True(failed.Code == ExitCode.BadInput, $"flush {call}: {failed}");
            Assert.Contains("the flush to the disk failed: Input/output error", failed.Error, StringComparison.Ordinal);
            Assert.DoesNotMatch(@"\.txl-tmp|\.new\b", failed.Error);
        }
    }

    [SkippableFact]
    public async Task A_read_only_file_system_is_not_said_to_be_in_use()
    {
        Skip.If(shim.WhyMissing is not null, shim.WhyMissing);
        using FaultBench bench = await FaultBench.CreateAsync(shim, FaultScenario.Find("resume"));
        bench.Reset();
        FaultOutcome failed = await bench.RunWithFaultAsync(1 + bench.Calls.ToList().IndexOf("create"), ReadOnlySystem);
        Assert.Equal(ExitCode.BadInput, failed.Code);
        Assert.Contains("run cannot be written: Read-only file system", failed.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("in use", failed.Error, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [MemberData(nameof(Scenarios))]
    public async Task A_command_killed_at_any_instant_comes_to_the_same_bits_when_it_is_said_again(string name)
    {
        SkipUnlessPossible(name);
        using FaultBench bench = await FaultBench.CreateAsync(shim, FaultScenario.Find(name));
        int[] changing = [.. Enumerable.Range(1, bench.Calls.Count).Where(call => bench.Calls[call - 1] is not ("read" or "open"))];
        Random random = new(Seed(name));
        random.Shuffle(changing);
        for (int i = 0; i < Count; i++)
        {
            bench.Reset();
            string fault = await KillAsync(bench, changing, i, random);
            FaultOutcome again = await bench.RunAsync();
            Assert.True(again.IsDone, $"{name}, killed {fault}: {again}");
            Assert.Equal((fault, ""), (fault, bench.Differences()));
            Assert.Equal((fault, ""), (fault, bench.Leftovers()));
        }

        output.WriteLine($"{name}: {Count} kills, {Math.Min(Count, changing.Length)} of them at the {changing.Length} calls that change something");
    }

    [SkippableTheory]
    [MemberData(nameof(Scenarios))]
    public async Task A_command_whose_file_call_fails_says_so_or_comes_to_the_same_bits(string name)
    {
        SkipUnlessPossible(name);
        using FaultBench bench = await FaultBench.CreateAsync(shim, FaultScenario.Find(name));
        (int Call, int Error, bool Lasting)[] faults =
        [
            .. from call in Enumerable.Range(1, bench.Calls.Count)
               from error in ErrorsOf(bench.Calls[call - 1])
               from lasting in error == NoSpace ? (bool[])[false, true] : [false]
               select (call, error, lasting),
        ];
        new Random(Seed(name)).Shuffle(faults);
        foreach ((int call, int error, bool lasting) in faults.Take(Count))
        {
            bench.Reset();
            FaultOutcome failed = await bench.RunWithFaultAsync(call, error, lasting);
            string fault = $"{name}, error {error}{(lasting ? " from" : " at")} call {call} ({bench.Calls[call - 1]}): {failed}";
            Assert.True(failed.Code is ExitCode.Ok or ExitCode.BadInput, fault);
            Assert.True(failed.Code == ExitCode.Ok || failed.Error.Contains("txl: ", StringComparison.Ordinal), fault);
            Assert.True(failed.Code != ExitCode.Ok || bench.Differences(leftovers: false) is { Length: 0 }, $"{fault}: {bench.Differences()}");
            FaultOutcome again = await bench.RunAsync();
            Assert.True(again.IsDone, $"{fault}, and then {again}");
            Assert.Equal((fault, ""), (fault, bench.Differences()));
            Assert.Equal((fault, ""), (fault, bench.Leftovers()));
        }

        output.WriteLine($"{name}: {Math.Min(Count, faults.Length)} of {faults.Length} failing calls");
    }

    private void SkipUnlessPossible(string name)
    {
        Skip.If(shim.WhyMissing is not null, shim.WhyMissing);
        Skip.If(IsBrief && !s_few.Contains(name), $"each process takes a second; {FaultBench.NativeProgram} names a quicker program, {Variable} a number of faults to try all the same");
    }

    /// <summary>Kills at each changing call in turn; then at random instants, and twice in a row.</summary>
    private static async Task<string> KillAsync(FaultBench bench, int[] changing, int number, Random random)
    {
        if (number < changing.Length)
        {
            // How often a page or a status is written depends on the time, so that one of the last calls may be missing.
            for (int call = changing[number]; ; call -= Math.Max(1, bench.Calls.Count / 8))
            {
                FaultOutcome killed = await bench.RunWithFaultAsync(call, error: 0);
                if (killed.Code == FaultBench.Killed)
                {
                    return $"at call {call} ({bench.Calls[call - 1]})";
                }

                Assert.True(killed.IsDone && call > bench.Calls.Count * 3 / 4, $"call {call} of {bench.Calls.Count} was not reached: {killed}");
                bench.Reset();
            }
        }

        if (number % 2 == 0)
        {
            TimeSpan instant = bench.Duration * random.NextDouble();
            await bench.RunAndKillAsync(instant);
            return $"after {instant.TotalMilliseconds:F1} ms";
        }

        int first = changing[random.Next(changing.Length)], second = changing[random.Next(changing.Length)];
        await bench.RunWithFaultAsync(first, error: 0);
        await bench.RunWithFaultAsync(second, error: 0);
        return $"at call {first}, and again at call {second}";
    }

    private static int[] ErrorsOf(string call) => call switch
    {
        "read" => [InputOutput],
        "open" or "unlink" or "rmdir" => [InputOutput, Permission],
        "fsync" => [InputOutput, NoSpace],
        _ => [InputOutput, NoSpace, Permission],
    };

    private static int Seed(string name) => name.Aggregate(17, (sum, letter) => unchecked((sum * 31) + letter));
}
