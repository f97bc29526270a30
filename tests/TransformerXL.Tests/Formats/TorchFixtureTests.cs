using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using TransformerXL.Files;
using TransformerXL.Interchange.PyTorch;
using Xunit;

namespace TransformerXL.Tests.Formats;

public sealed class TorchFixtureTests
{
    public static TheoryData<string> Folders => [.. FixtureFolders.OfKind("checkpoint")];

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
        AssertSame(json.RootElement.GetProperty("optimizer").GetProperty("param_groups"), file.Root["param_groups"]);
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
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        AssertSame(json.RootElement.GetProperty("misc_expected_meta"), file.Root["meta"]);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_whole_model_keeps_its_attributes(string folder)
    {
        using TorchFile file = TorchFile.Open(Path.Combine(folder, "model.pt"), UnknownClasses.Inert);
        Assert.Equal("mem_transformer.MemTransformerLM", file.Root.SymbolName);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        Assert.All(json.RootElement.GetProperty("module_attributes").EnumerateObject(), attribute => AssertSame(attribute.Value, file.Root[attribute.Name]));
        string message = Assert.Throws<InputException>(() => TorchFile.Open(Path.Combine(folder, "model.pt"))).Message;
        Assert.Contains("'mem_transformer.MemTransformerLM'", message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_file_that_calls_a_function_is_refused_by_name_in_every_mode(string folder)
    {
        string path = Path.Combine(folder, "unsafe_global.pt");
        Match called = Regex.Match(Encoding.Latin1.GetString(File.ReadAllBytes(path)), "c(posix|os|nt)\n(\\w+)\n");
        Assert.True(called.Success);
        foreach (Action open in new Action[] { () => TorchFile.Open(path), () => TorchFile.Open(path, UnknownClasses.Inert), () => WeightFormat.Open(path), () => PickledVocabulary.Read(path) })
        {
            string message = Assert.Throws<InputException>(open).Message;
            Assert.Contains(path, message, StringComparison.Ordinal);
            Assert.Contains($"{called.Groups[1].Value}.{called.Groups[2].Value}", message, StringComparison.Ordinal);
        }
    }

    /// <summary>The value that was pickled, as the case writes it in JSON; a whole number beyond 64 bits is written as a text.</summary>
    private static void AssertSame(JsonElement expected, TorchValue actual)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                Assert.Equal(expected.EnumerateObject().Count(), actual.Pairs.Count);
                Assert.All(expected.EnumerateObject(), member => AssertSame(member.Value, actual[member.Name]));
                break;
            case JsonValueKind.Array:
                Assert.Equal(expected.GetArrayLength(), actual.Items.Count);
                Assert.All(expected.EnumerateArray().Zip(actual.Items), pair => AssertSame(pair.First, pair.Second));
                break;
            case JsonValueKind.String when actual.Kind == TorchValueKind.WholeNumber:
                Assert.Equal(expected.GetString(), actual.AsBigInteger().ToString(CultureInfo.InvariantCulture));
                break;
            case JsonValueKind.String:
                Assert.Equal(expected.GetString(), actual.AsText());
                break;
            case JsonValueKind.Number when actual.Kind == TorchValueKind.WholeNumber:
                Assert.Equal(expected.GetInt64(), actual.AsInteger());
                break;
            case JsonValueKind.Number:
                Assert.Equal(expected.GetDouble(), actual.AsNumber());
                break;
            case JsonValueKind.Null:
                Assert.Equal(TorchValueKind.None, actual.Kind);
                break;
            default:
                Assert.Equal(expected.GetBoolean(), actual.AsBoolean());
                break;
        }
    }

    private static float[] Floats(WeightFile file, WeightEntry entry)
    {
        float[] values = new float[entry.Count];
        file.ReadFloats(entry.Name, values);
        return values;
    }
}
