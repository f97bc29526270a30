using System.IO.Compression;
using TransformerXL.Interchange.PyTorch;
using Xunit;

namespace TransformerXL.Tests.Formats;

public sealed class TorchRefusalTests
{
    [Theory]
    [InlineData("os", "system")]
    [InlineData("posix", "getcwd")]
    [InlineData("builtins", "eval")]
    [InlineData("builtins", "getattr")]
    [InlineData("torch.storage", "_load_from_bytes")]
    [InlineData("builtins", "int")]
    [InlineData("torch", "FloatStorage")]
    public void A_call_of_anything_but_plain_data_is_refused_by_name(string module, string name)
    {
        PickleWriter pickle = new PickleWriter().Call(module, name, call => call.Text("harmless"));
        Refuses($"'{module}.{name}'", () => pickle.Plain());
        Refuses($"'{module}.{name}'", () => pickle.Plain(UnknownClasses.Inert));
    }

    [Fact]
    public void A_name_from_the_stack_is_refused_like_any_other() =>
        Refuses("'os.system'", () => new PickleWriter().Text("os").Text("system").Op(0x93).Op("(").Text("x").Op("tR").Plain(UnknownClasses.Inert));

    [Fact]
    public void An_object_is_data_only_where_that_was_asked_for()
    {
        PickleWriter pickle = new PickleWriter().Global("evil", "Thing").Op(")").Op(0x81).Op("}").Text("a").Int(1).Op("sb");
        Refuses("'evil.Thing'", () => pickle.Plain());
        using TorchFile file = pickle.Plain(UnknownClasses.Inert);
        Assert.Equal(1, file.Root["a"].AsInteger());
    }

    [Fact]
    public void An_object_cannot_be_called_afterwards() =>
        Refuses("is not a function", () => new PickleWriter().Global("evil", "Thing").Op(")").Op(0x81).Op(")R").Plain(UnknownClasses.Inert));

    [Theory]
    [InlineData("0", "empty stack")]
    [InlineData("t", "never opened")]
    [InlineData("N(0", "empty stack")]
    [InlineData("h\u0007", "never stored")]
    [InlineData("Nr\u0001\u0001\u0000\u0000", "stores memo entry")]
    [InlineData("Na", "empty stack")]
    [InlineData("NNa", "as if that were")]
    [InlineData("}(NNNu", "3 keys and values")]
    [InlineData("Nb", "empty stack")]
    [InlineData("NNb", "sets attributes")]
    [InlineData("i", "operation 0x69")]
    [InlineData("o", "operation 0x6f")]
    [InlineData("\u007f", "operation 0x7f")]
    [InlineData("Pabc\n", "by the text 'abc'")]
    [InlineData("NQ", "plain pickle")]
    [InlineData("Ixyz\n", "'xyz'")]
    [InlineData("Fxyz\n", "'xyz'")]
    [InlineData("X\u007f\u007f\u0000\u0000a", "a text of 32639 bytes")]
    [InlineData("NN", "ends where")]
    public void A_damaged_pickle_is_refused_with_the_reason(string opcodes, string reason)
    {
        byte[] bytes = new PickleWriter().Op(opcodes).Stopped();
        Refuses(reason, () => TorchFile.Parse("test.pkl", bytes.AsMemory(0, bytes.Length - (reason == "ends where" ? 1 : 0)), UnknownClasses.Inert));
    }

    [Fact]
    public void A_newer_protocol_and_a_frame_beyond_the_end_are_refused()
    {
        Refuses("protocol 6", () => new PickleWriter().Op(0x80, 6).Op("N").Plain());
        Refuses("frame", () => new PickleWriter().Op(0x95, 255, 0, 0, 0, 0, 0, 0, 0).Op("N").Plain());
    }

    [Fact]
    public void Shared_tuples_of_tuples_stay_shared()
    {
        PickleWriter pickle = new PickleWriter().Op(")q\u0000");
        for (int i = 0; i < 64; i++)
        {
            pickle.Op("h\u0000h\u0000h\u0000").Op(0x87).Op("q\u0000");
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        using TorchFile file = pickle.Plain();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
        Assert.Equal(3, file.Root.Items.Count);
    }

    [Fact]
    public void A_list_copied_again_and_again_is_refused()
    {
        PickleWriter pickle = new PickleWriter().Global("builtins", "set").Op("q\u0000](");
        for (int i = 0; i < 100; i++)
        {
            pickle.Op("N");
        }

        pickle.Op("e").Op(0x85).Op("q\u0001");
        for (int i = 0; i < 100; i++)
        {
            pickle.Op("h\u0000h\u0001R");
        }

        Refuses("copies", () => pickle.Plain());
    }

    [Fact]
    public void Shared_modules_are_not_expanded_without_end()
    {
        PickleWriter pickle = new();
        pickle.Global("m", "M").Op(")").Op(0x81).Op("q\u0000");
        for (int i = 0; i < 40; i++)
        {
            pickle.Global("m", "M").Op(")").Op(0x81).Op("}").Text("_modules").Op("}").Text("a").Op("h\u0000s").Text("b").Op("h\u0000ssb").Op("q\u0000");
        }

        Refuses("more tensors and modules", () => pickle.Plain(UnknownClasses.Inert));
    }

    [Fact]
    public void A_module_inside_itself_is_refused()
    {
        PickleWriter pickle = new PickleWriter().Global("m", "M").Op(")").Op(0x81).Op("q\u0000").Op("}").Text("_modules").Op("}").Text("").Op("h\u0000ssb").Text(new string('x', 4000)).Op("0");
        Refuses("depth", () => pickle.Plain(UnknownClasses.Inert));
    }

    [Theory]
    [InlineData(8, 0, new[] { 3, 3 }, new[] { 3, 1 })]
    [InlineData(9, 1, new[] { 3, 3 }, new[] { 3, 1 })]
    [InlineData(9, 0, new[] { 3, 3 }, new[] { int.MaxValue, 1 })]
    [InlineData(9, 0, new[] { 3, 3 }, new[] { 1 })]
    [InlineData(9, 0, new[] { -1, 3 }, new[] { 3, 1 })]
    [InlineData(9, 0, new[] { 3, 3 }, new[] { -3, 1 })]
    [InlineData(9, long.MaxValue, new[] { 3, 3 }, new[] { 3, 1 })]
    [InlineData(9, -1, new[] { 3, 3 }, new[] { 3, 1 })]
    [InlineData(9, 0, new[] { int.MaxValue, int.MaxValue, int.MaxValue }, new[] { 0, 0, 0 })]
    [InlineData(9, 0, new[] { 1000000 }, new[] { 0 })]
    [InlineData(9, 0, new[] { 1, 1, 1, 1, 1, 1, 1, 1, 9 }, new[] { 9, 9, 9, 9, 9, 9, 9, 9, 1 })]
    public void A_tensor_beyond_its_storage_is_refused(long count, long offset, int[] shape, int[] strides)
    {
        PickleWriter pickle = new PickleWriter().Tensor("FloatStorage", count, offset, shape, strides);
        Assert.Contains("tensor", Assert.Throws<InputException>(() => pickle.Zip(new byte[36])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_view_of_a_storage_comes_out_in_the_order_of_its_axes()
    {
        using TorchFile file = new PickleWriter().Tensor("ByteStorage", 6, 0, [3, 2], [1, 3]).Zip([0, 1, 2, 3, 4, 5]);
        long[] read = new long[6];
        file.ReadInt64s("w", read);
        Assert.Equal([0, 3, 1, 4, 2, 5], read);
        Assert.Contains("U8 [3, 2]", Assert.Throws<InputException>(() => file.ReadFloats("w", new float[6])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FloatStorage", 10, "10 elements")]
    [InlineData("FloatStorage", -1, "claims -1")]
    [InlineData("FloatStorage", long.MaxValue, "claims")]
    [InlineData("ComplexFloatStorage", 1, "ComplexFloatStorage")]
    public void A_storage_that_the_file_does_not_hold_is_refused(string type, long count, string reason) =>
        Refuses(reason, () => new PickleWriter().Tensor(type, count, 0, [1], [1]).Zip(new byte[36], UnknownClasses.Inert));

    [Fact]
    public void A_storage_with_two_types_is_refused() => Refuses("also", () =>
        new PickleWriter().Op("(").Storage("FloatStorage", "0", 1).Storage("IntStorage", "0", 1).Op("t").Zip(new byte[36]));

    [Fact]
    public void A_compressed_entry_is_refused() => Refuses("compressed", () =>
        TorchFile.Parse("test.pt", new PickleWriter().Op("N").ZipBytes(new byte[100_000], CompressionLevel.Optimal), UnknownClasses.Refused));

    [Fact]
    public void Other_zip_files_are_refused_with_the_reason()
    {
        Refuses("no data.pkl", () => TorchFile.Parse("t", PickleWriter.ZipOf(CompressionLevel.NoCompression, ("a/b.txt", [1])), UnknownClasses.Refused));
        Refuses("TorchScript", () => TorchFile.Parse("t", PickleWriter.ZipOf(CompressionLevel.NoCompression, ("a/data.pkl", [1]), ("a/constants.pkl", [1])), UnknownClasses.Refused));
        Refuses("byte order", () => TorchFile.Parse("t", PickleWriter.ZipOf(CompressionLevel.NoCompression, ("a/data.pkl", [1]), ("a/byteorder", "big"u8.ToArray())), UnknownClasses.Refused));
        Refuses("end like a whole zip", () => TorchFile.Parse("t", new PickleWriter().Op("N").ZipBytes(new byte[10]).AsMemory()[..^3], UnknownClasses.Refused));
    }

    [Fact]
    public void Files_of_other_kinds_are_named()
    {
        byte[] tar = new byte[1024];
        "ustar"u8.CopyTo(tar.AsSpan(257));
        Refuses("tar file", () => WeightFormat.Parse("t", tar));
        Refuses("git lfs pull", () => WeightFormat.Parse("t", "version https://git-lfs.github.com/spec/v1\n"u8.ToArray()));
        Refuses("neither a safetensors nor a PyTorch", () => WeightFormat.Parse("t", "GGUF and more"u8.ToArray()));
        Refuses("0 bytes", () => WeightFormat.Parse("t", Array.Empty<byte>()));
        Refuses("not a complete safetensors file", () => WeightFormat.Parse("t", (byte[])[0x88, 0x13, 0, 0, 0, 0, 0, 0, .. "{\"cut short\""u8]));
        Refuses("no named tensors", () => WeightFormat.Parse("t", new PickleWriter().Op("}").Text("epoch").Int(3).Op("s").Stopped()));
    }

    [Theory]
    [InlineData("state_dict")]
    [InlineData("model")]
    public void The_state_dictionary_of_a_checkpoint_is_found_under_its_usual_names(string key)
    {
        PickleWriter pickle = new PickleWriter().Op("}").Text("epoch").Int(3).Op("s").Text(key).Op("}").Text("w").Call("torch._utils", "_rebuild_tensor", call => call
            .Storage("FloatStorage", "0", 2).Int(0).Ints(2).Ints(1)).Op("ss");
        using TorchFile file = pickle.Zip([0, 0, 128, 63, 0, 0, 0, 64]);
        float[] read = new float[2];
        file.ReadFloats("w", read);
        Assert.Equal([1f, 2f], read);
    }

    [Fact]
    public void Keys_that_collide_by_their_low_bits_take_no_quadratic_time()
    {
        PickleWriter pickle = new PickleWriter().Op("}(");
        for (long i = 0; i < 100_000; i++)
        {
            pickle.Long((i << 32) | i).Op("N");
        }

        using TorchFile file = pickle.Op("u").Plain();
        Assert.Equal(100_000, file.Root.Pairs.Count);
    }

    private static void Refuses(string reason, Func<object> open) =>
        Assert.Contains(reason, Assert.Throws<InputException>(open).Message, StringComparison.Ordinal);
}
