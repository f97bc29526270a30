using TransformerXL.Interchange.PyTorch;
using Xunit;
using Xunit.Abstractions;

namespace TransformerXL.Tests.Formats;

public sealed class PickleDensityTests(ITestOutputHelper output)
{
    private const int Repeats = 20_000;

    // A byte that makes an empty list takes an object of 40 bytes and its place on the stack, which grows by doubling.
    private const int AllocatedPerByte = 128;

    [Theory]
    [InlineData("N")]
    [InlineData("]")]
    [InlineData("}")]
    [InlineData("(")]
    [InlineData("K\u0001")]
    [InlineData("N\u0085")]
    [InlineData("NNs", "}")]
    [InlineData("]Na0")]
    [InlineData("}NNs0")]
    [InlineData("ca\n\n")]
    [InlineData("h\u0000)\u0081}b", "ca\nb\nq\u0000")]
    [InlineData("h\u0000)R", "ccollections\nOrderedDict\nq\u0000")]
    [InlineData("h\u0000)R(NNNNNNu", "ccollections\nOrderedDict\nq\u0000")]
    [InlineData("I1\n")]
    [InlineData("U\u0000")]
    [InlineData("N\u0094")]
    public void The_densest_operations_allocate_in_proportion_to_their_bytes(string operation, string before = "")
    {
        byte[] once = [.. operation.Select(character => (byte)character)];
        PickleWriter pickle = new PickleWriter().Op(before).Op([.. Enumerable.Repeat(once, Repeats).SelectMany(bytes => bytes)]);
        byte[] bytes = pickle.Op("N").Stopped();
        long start = GC.GetAllocatedBytesForCurrentThread();
        using TorchFile file = TorchFile.Parse("dense.pkl", bytes, UnknownClasses.Inert);
        double allocated = (GC.GetAllocatedBytesForCurrentThread() - start) / (double)bytes.Length;
        output.WriteLine($"{allocated:F1} bytes for each of {bytes.Length}");
        Assert.InRange(allocated, 0, AllocatedPerByte);
    }
}
