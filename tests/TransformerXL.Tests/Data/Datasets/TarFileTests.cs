using System.Text;
using TransformerXL.Tests.Fuzzing;
using TransformerXL.Training.Datasets;
using Xunit;

namespace TransformerXL.Tests.Data.Datasets;

public sealed class TarFileTests
{
    private static readonly byte[] End = new byte[1024];

    [Fact]
    public void Files_are_read_in_order_and_other_entries_passed_over()
    {
        byte[] archive =
        [
            .. TarBytes.Entry("folder/", "", '5'), .. TarBytes.Entry("folder/a.txt", "first"), .. TarBytes.Header("link", 700, '2'),
            .. TarBytes.Entry("b.txt", new string('x', 1000)), .. TarBytes.Entry("empty", ""), .. End,
        ];
        Assert.Equal([("folder/a.txt", "first"), ("b.txt", new string('x', 1000)), ("empty", "")], Read(archive));
    }

    [Fact]
    public void Long_names_and_sizes_of_extended_headers_are_those_of_the_next_file()
    {
        string longName = new string('d', 150) + "/file";
        byte[] pax = Encoding.UTF8.GetBytes(TarBytes.Record("path", longName) + TarBytes.Record("size", "3"));
        byte[] content = [.. "abc"u8, .. new byte[509]];
        byte[] archive =
        [
            .. TarBytes.Entry("p", pax, 'x'), .. TarBytes.Header("short", 0), .. content,
            .. TarBytes.Entry("././@LongLink", longName + "2\0", 'L'), .. TarBytes.Entry("short", "gnu"),
            .. TarBytes.Entry("plain", "last"), .. End,
        ];
        Assert.Equal([(longName, "abc"), (longName + "2", "gnu"), ("plain", "last")], Read(archive));
    }

    [Theory]
    [InlineData('S', "sparse")]
    [InlineData('x', "sparse")]
    public void A_sparse_file_is_refused_by_name(char type, string reason)
    {
        byte[] archive = type == 'S'
            ? [.. TarBytes.Entry("holes.txt", "abc", 'S'), .. End]
            : [.. TarBytes.Entry("p", TarBytes.Record("GNU.sparse.major", "1"), 'x'), .. TarBytes.Entry("holes.txt", "abc"), .. End];
        string message = Assert.Throws<InputException>(() => Read(archive)).Message;
        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.Contains("'holes.txt'", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(1_600_000_000)]
    public void An_extended_header_of_any_length_takes_no_memory(long size)
    {
        byte[] archive = [.. TarBytes.Header("p", size, 'x'), .. End];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains($"claims {size} bytes", Assert.Throws<InputException>(() => Read(archive)).Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void A_size_that_the_file_does_not_have_is_told_with_the_name()
    {
        foreach (long size in new[] { 1L << 40, long.MaxValue })
        {
            string message = Assert.Throws<InputException>(() => Read([.. TarBytes.Header("big.txt", size), .. End])).Message;
            Assert.Contains("cut short", message, StringComparison.Ordinal);
            Assert.Contains("'big.txt'", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("5 a=b\n", "length key=value")]
    [InlineData("999 path=x\n", "length key=value")]
    [InlineData("9 size=x\n", "not a number")]
    [InlineData("garbage", "length key=value")]
    public void Damaged_records_are_refused(string records, string reason) =>
        Assert.Contains(reason, Assert.Throws<InputException>(() => Read([.. TarBytes.Entry("p", records, 'x'), .. End])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_wrong_checksum_and_a_cut_header_are_refused()
    {
        byte[] archive = [.. TarBytes.Entry("a", "abc"), .. TarBytes.Entry("b", "abc")];
        archive[1030]++;
        Assert.Contains("checksum", Assert.Throws<InputException>(() => Read(archive)).Message, StringComparison.Ordinal);
        Assert.Contains("cut short", Assert.Throws<InputException>(() => Read(archive[..1300])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checksum_that_is_marked_as_binary_is_refused()
    {
        byte[] archive = [.. TarBytes.Entry("a", "abc"), .. End];
        archive[148] = 0x80;
        Assert.Contains("checksum", Assert.Throws<InputException>(() => Read(archive)).Message, StringComparison.Ordinal);
    }

    private static List<(string Name, string Text)> Read(byte[] archive)
    {
        List<(string, string)> files = [];
        foreach (DatasetEntry entry in new TarFile(new MemoryStream(archive), "x.tar").Files())
        {
            using StreamReader reader = new(entry.Open(), Encoding.UTF8);
            files.Add((entry.Name, reader.ReadToEnd()));
        }

        return files;
    }
}
