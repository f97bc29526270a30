using System.Buffers.Binary;
using System.Text;
using Xunit;

namespace TransformerXL.Tests.Formats;

/// <summary>What a damaged or hostile file claims, and the word that its refusal must contain.</summary>
public sealed class SafetensorsRefusalTests
{
    [Theory]
    [InlineData("""{"w":{"dtype":"F8","shape":[1],"data_offsets":[0,1]}}""", 1, "'F8'")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "needs 8 bytes")]
    [InlineData("""{"w":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}""", 1, "data_offsets 1 to 0")]
    [InlineData("""{"w":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}}""", 8, "truncated")]
    [InlineData("""{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", 5, "take 4 bytes")]
    [InlineData("""{"w":{"dtype":"U8","shape":[4],"data_offsets":[1,5]}}""", 5, "gap")]
    [InlineData("""{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"v":{"dtype":"U8","shape":[4],"data_offsets":[3,7]}}""", 7, "overlaps")]
    [InlineData("""{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"v":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}}""", 4, "overlaps")]
    [InlineData("""{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"w":{"dtype":"U8","shape":[0],"data_offsets":[4,4]}}""", 4, "twice")]
    [InlineData("""{"w":{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", 4, "twice")]
    [InlineData("""{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"more":1}}""", 4, "'more'")]
    [InlineData("""{"w":{"dtype":"U8","shape":[4]}}""", 4, "lacks")]
    [InlineData("""{"w":{"dtype":"U8","shape":[4],"data_offsets":[4]}}""", 4, "lacks")]
    [InlineData("""{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,2,4]}}""", 4, "more than 2")]
    [InlineData("""{"w":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}}""", 1, "more than 8")]
    [InlineData("""{"w":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}""", 1, "whole numbers")]
    [InlineData("""{"w":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}""", 1, "whole numbers")]
    [InlineData("""{"w":{"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,1]}}""", 1, "whole numbers")]
    [InlineData("""{"w":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "63 bits")]
    [InlineData("""{"w":{"dtype":"F64","shape":[4294967296,2147483648,0],"data_offsets":[0,0]}}""", 0, "63 bits")]
    [InlineData("""{"w":{"dtype":"U8","shape":"4","data_offsets":[0,4]}}""", 4, "StartArray")]
    [InlineData("""{"w":[1]}""", 0, "StartObject")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "metadata 'a'")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", 0, "twice")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, "twice")]
    [InlineData("""{"w":{"dtype":"U8","shape":[[[1]]],"data_offsets":[0,1]}}""", 1, "JSON")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0, "Unicode")]
    [InlineData("""{} {}""", 0, "JSON")]
    [InlineData("""[]""", 0, "0x5b")]
    [InlineData(""" {}""", 0, "0x20")]
    [InlineData("""{"w":""", 0, "JSON")]
    [InlineData("""{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},}""", 0, "JSON")]
    public void A_header_that_cannot_be_is_refused_with_the_reason(string header, int dataBytes, string reason)
    {
        string message = SafetensorsBytes.Refusal(header, dataBytes);
        Assert.Contains("'test.safetensors'", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(9)]
    public void A_file_too_short_for_a_header_is_refused(int length) =>
        Assert.Contains($"has {length} bytes", SafetensorsBytes.Refusal(new byte[length]), StringComparison.Ordinal);

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(3UL)]
    [InlineData(100_000_001UL)]
    [InlineData(0x8000_0000_0000_0000UL)]
    [InlineData(ulong.MaxValue)]
    public void A_header_length_that_the_file_cannot_hold_is_refused(ulong length)
    {
        byte[] file = SafetensorsBytes.File("{}", 0);
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        Assert.Contains($"header of {length} bytes", SafetensorsBytes.Refusal(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Invalid_UTF8_in_a_name_is_refused()
    {
        byte[] header = [.. "{\""u8, 0xff, .. "\":{}}"u8];
        Assert.Contains("Unicode", SafetensorsBytes.Refusal(SafetensorsBytes.File(header, [])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_very_long_name_is_refused() => Assert.Contains(
        "at most 4096",
        SafetensorsBytes.Refusal($$$"""{"{{{new string('n', 4097)}}}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0),
        StringComparison.Ordinal);

    [Fact]
    public void More_than_a_hundred_thousand_tensors_are_refused()
    {
        var header = new StringBuilder("{");
        for (int i = 0; i <= 100_000; i++)
        {
            header.Append(System.Globalization.CultureInfo.InvariantCulture, $$$"""{{{(i == 0 ? "" : ",")}}}"{{{i:x}}}":{"dtype":"U8","shape":[],"data_offsets":[0,1]}""");
        }

        Assert.Contains("100000 tensors", SafetensorsBytes.Refusal(header.Append('}').ToString(), 1), StringComparison.Ordinal);
    }

    [Fact]
    public void Control_characters_of_a_file_do_not_reach_the_terminal()
    {
        string message = SafetensorsBytes.Refusal("""{"\u001b[2J":{"dtype":"U8","shape":[1],"data_offsets":[0,2]}}""", 2);
        Assert.DoesNotContain('\u001b', message);
    }
}
