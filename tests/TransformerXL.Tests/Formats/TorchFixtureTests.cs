using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Interchange.PyTorch;
using Xunit;

namespace TransformerXL.Tests.Formats;

public sealed class TorchFixtureTests
{
    private const string Case = "16_checkpoint";

    public static TheoryData<string> Folders => [.. FixtureFolders.OfCase(Case)];

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_state_dictionary_a_legacy_one_and_a_whole_model_hold_the_expected_weights(string folder)
    {
        using SafetensorsFile expected = SafetensorsFile.Open(Path.Combine(folder, "weights.safetensors"));
        foreach (string name in new[] { "model_state.pt", "model_state_legacy.pt", "model.pt" })
        {
            using WeightFile read = WeightFormat.Open(Path.Combine(folder, name));
            Assert.Equal(expected.Entries.Select(entry => entry.Name).Order(), read.Entries.Select(entry => entry.Name).Order());
            foreach (SafetensorsEntry entry in expected.Entries)
            {
                Assert.Equal(entry.ToString(), read.Find(entry.Name).ToString());
                Assert.Equal(Floats(expected, entry), Floats(read, entry));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_weight_file_is_told_by_its_content(string folder)
    {
        using WeightFile safe = WeightFormat.Open(Path.Combine(folder, "weights.safetensors"));
        using WeightFile torch = WeightFormat.Open(Path.Combine(folder, "model_state.pt"));
        Assert.IsType<SafetensorsFile>(safe);
        Assert.IsType<TorchFile>(torch);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void The_state_of_an_optimizer_is_reached_through_the_tree(string folder)
    {
        using SafetensorsFile expected = SafetensorsFile.Open(Path.Combine(folder, "optimizer_expected.safetensors"));
        using TorchFile file = TorchFile.Open(Path.Combine(folder, "optimizer.pt"));
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        string[] names = [.. json.RootElement.GetProperty("optimizer").GetProperty("parameter_names_by_index").EnumerateArray().Select(name => name.GetString()!)];
        int compared = 0;
        for (int index = 0; index < names.Length; index++)
        {
            foreach ((TorchValue key, TorchValue value) in file.Root["state"][index].Pairs)
            {
                SafetensorsEntry entry = expected.Find($"{names[index]}.{key.AsText()}");
                float[] read = new float[value.AsTensor().Count];
                file.ReadFloats(value.AsTensor(), read);
                Assert.Equal(Floats(expected, entry), read);
                compared++;
            }
        }

        Assert.Equal(expected.Entries.Count, compared);
        TorchValue group = file.Root["param_groups"].Items[0];
        Assert.Equal(0.001, group["lr"].AsNumber());
        Assert.Equal([0.9, 0.999], group["betas"].Items.Select(beta => beta.AsNumber()));
        Assert.Equal(names.Length, group["params"].Items.Count);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Every_element_type_and_every_view_is_read_as_its_values(string folder)
    {
        using SafetensorsFile expected = SafetensorsFile.Open(Path.Combine(folder, "misc.safetensors"));
        using TorchFile file = TorchFile.Open(Path.Combine(folder, "misc.pt"));
        Assert.Equal(expected.Entries.Count, file.Root["tensors"].Pairs.Count);
        foreach ((TorchValue key, TorchValue value) in file.Root["tensors"].Pairs)
        {
            SafetensorsEntry entry = expected.Find(key.AsText());
            TorchTensor tensor = value.AsTensor();
            Assert.Equal(entry.Shape, tensor.Shape);
            if (entry.Type is SafetensorsType.F64 or SafetensorsType.F32 or SafetensorsType.F16 or SafetensorsType.BF16)
            {
                float[] read = new float[tensor.Count];
                file.ReadFloats(tensor, read);
                Assert.Equal(Floats(expected, entry).Select(BitConverter.SingleToInt32Bits), read.Select(BitConverter.SingleToInt32Bits));
            }
            else
            {
                long[] read = new long[tensor.Count];
                long[] wanted = new long[tensor.Count];
                file.ReadInt64s(tensor, read);
                expected.ReadInt64s(entry.Name, wanted);
                Assert.Equal(wanted, read);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Plain_values_are_read_as_they_were_saved(string folder)
    {
        using TorchFile file = TorchFile.Open(Path.Combine(folder, "misc.pt"));
        TorchValue meta = file.Root["meta"];
        Assert.Equal(7, meta["step"].AsInteger());
        Assert.Equal(0.00025, meta["lr"].AsNumber());
        Assert.Equal("Ünïcode", meta["name"].AsText());
        Assert.Equal(System.Numerics.BigInteger.Pow(2, 70), meta["big"].AsBigInteger());
        Assert.Equal(-1, meta["neg"].AsInteger());
        IReadOnlyList<TorchValue> list = meta["list"].Items;
        Assert.Equal(2.5, list[1].AsNumber());
        Assert.Equal(TorchValueKind.None, list[2].Kind);
        Assert.True(list[3].AsBoolean());
        Assert.Equal("x", list[4].Items[1].AsText());
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_whole_model_keeps_its_attributes(string folder)
    {
        using TorchFile file = TorchFile.Open(Path.Combine(folder, "model.pt"), UnknownClasses.Inert);
        Assert.Equal("mem_transformer.MemTransformerLM", file.Root.SymbolName);
        Assert.Equal(3, file.Root["n_layer"].AsInteger());
        Assert.False(file.Root["same_length"].AsBoolean());
        string message = Assert.Throws<InputException>(() => TorchFile.Open(Path.Combine(folder, "model.pt"))).Message;
        Assert.Contains("'mem_transformer.MemTransformerLM'", message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_file_that_calls_a_function_is_refused_by_name_in_every_mode(string folder)
    {
        string path = Path.Combine(folder, "unsafe_global.pt");
        foreach (Action open in new Action[] { () => TorchFile.Open(path), () => TorchFile.Open(path, UnknownClasses.Inert), () => WeightFormat.Open(path), () => PickledVocabulary.Read(path) })
        {
            string message = Assert.Throws<InputException>(open).Message;
            Assert.Contains(path, message, StringComparison.Ordinal);
            Assert.Contains("posix.get", message, StringComparison.Ordinal);
        }
    }

    private static float[] Floats(WeightFile file, WeightEntry entry)
    {
        float[] values = new float[entry.Count];
        file.ReadFloats(entry.Name, values);
        return values;
    }
}
