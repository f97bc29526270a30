using TransformerXL.Interchange.PyTorch;
using Xunit;

namespace TransformerXL.Tests.Formats;

public sealed class TorchLegacyTests
{
    [Fact]
    public void A_part_of_a_storage_begins_where_it_says()
    {
        using TorchFile file = Read(Part(1, 2), 4, [10, 20, 30, 40]);
        long[] read = new long[2];
        file.ReadInt64s("w", read);
        Assert.Equal([20, 30], read);
    }

    [Theory]
    [InlineData(3, 2)]
    [InlineData(-1, 2)]
    [InlineData(0, -1)]
    public void A_part_beyond_its_storage_is_refused(int offset, int size) =>
        Assert.Contains("a part of a storage of 4", Assert.Throws<InputException>(() => Read(Part(offset, size), 4, [10, 20, 30, 40])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(5, 4, "has 5 elements, where 4")]
    [InlineData(4, 3, "goes beyond")]
    public void A_storage_of_another_size_is_refused(long count, int bytes, string reason) =>
        Assert.Contains(reason, Assert.Throws<InputException>(() => Read(Part(0, 2), count, new byte[bytes])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_listed_storage_that_nothing_uses_is_refused() =>
        Assert.Contains("lists the storage '0'", Assert.Throws<InputException>(() => Read(new PickleWriter().Op("}"), 1, [1])).Message, StringComparison.Ordinal);

    [Fact]
    public void Classes_saved_with_their_source_text_are_names()
    {
        PickleWriter root = new PickleWriter().Op("(").Text("module").Global("mem_transformer", "MemTransformerLM").Text("mem_transformer.py").Text("import os").Op("tQ").Op(")").Op(0x81)
            .Op("}").Text("_parameters");
        Tensor(root, 0, 4);
        using TorchFile file = Read(root.Op("sb"), 4, [1, 2, 3, 4]);
        Assert.Equal("mem_transformer.MemTransformerLM", file.Root.SymbolName);
        Assert.Equal(["w"], file.Entries.Select(entry => entry.Name));
    }

    private static TorchFile Read(PickleWriter root, long count, byte[] storage) =>
        TorchFile.Parse("test.pt", PickleWriter.Legacy(root, count, storage), UnknownClasses.Inert);

    private static PickleWriter Part(int offset, int size) => Tensor(new PickleWriter(), offset, size);

    /// <summary>Pushes a dictionary with a tensor 'w' of two elements of a part of storage '0', which has four bytes.</summary>
    private static PickleWriter Tensor(PickleWriter pickle, int offset, int size) =>
        pickle.Op("}").Text("w").Call("torch._utils", "_rebuild_tensor", call => call
            .Op("(").Text("storage").Global("torch", "ByteStorage").Text("0").Text("cpu").Int(4)
            .Op("(").Text("1").Int(offset).Int(size).Op("ttQ").Int(0).Ints(2).Ints(1)).Op("s");
}
