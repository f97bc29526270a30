using TransformerXL.Fuzz;
using Xunit;

namespace TransformerXL.Tests.Fuzzing;

/// <summary>Each harness over its seeds and a few changes of them; a fuzzer goes on from there (tests/TransformerXL.Fuzz/README.md).</summary>
public sealed class FuzzTargetTests
{
    private const int Mutations = 300, ExampleFiles = 10_000;

    public static TheoryData<string> Names => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_seed_is_accepted_and_what_is_changed_is_read_or_refused(string name)
    {
        FuzzTarget target = FuzzTargets.Find(name);
        byte[][] seeds = [.. target.Seeds()];
        Assert.All(seeds, seed => Assert.Null(target.Check(seed)));
        Random random = new(name.Length);
        for (int i = 0; i < Mutations; i++)
        {
            target.Check(Mutation.Of(seeds[i % seeds.Length], random));
        }
    }

    [Fact]
    public void A_target_tells_of_an_exception_that_is_no_refusal_of_input() =>
        Assert.Throws<KeyNotFoundException>(() => new FuzzTarget("x", _ => throw new KeyNotFoundException(), () => []).Check([1]));

    [Fact]
    public void A_target_tells_of_memory_out_of_proportion() =>
        Assert.Throws<FuzzFindingException>(() => new FuzzTarget("x", _ => GC.KeepAlive(new byte[64 << 20]), () => []).Check([1]));

    [Fact]
    public void Ten_thousand_damaged_files_of_examples_are_read_or_refused()
    {
        FuzzTarget[] targets = [.. FuzzTargets.All.Where(target => target.Name.StartsWith("examples-", StringComparison.Ordinal))];
        byte[][][] seeds = [.. targets.Select(target => target.Seeds().ToArray())];
        Random random = new(16);
        int refused = 0;
        for (int i = 0; i < ExampleFiles; i++)
        {
            int at = i % targets.Length;
            refused += targets[at].Check(Mutation.Of(seeds[at][i / targets.Length % seeds[at].Length], random)) is null ? 0 : 1;
        }

        Assert.Equal(8, targets.Length);
        Assert.InRange(refused, ExampleFiles / 10, ExampleFiles * 9 / 10);
    }
}
