using System.Text;
using TransformerXL.Compression;
using Xunit;

namespace TransformerXL.Tests.Compression;

/// <summary>Files of the version before the set of many contexts.</summary>
public sealed class EarlierFilesTests
{
    private const string Fast = "1FRYWgEAAQAQDAzUgqBLBIoSf4YONeqWkuek6BI8COLcam0Q+L1jsBpF3kxLGTUoZr48P2LS1qiGSVLFQQzC5OXo4HZRmZFz4ytOvSMKaOqsSxV1GD/M9JBOuCmAjjk/q1pMhePXCGCuHTQymQ4Z08O6P+4P/ZUcQoLuWyGdgJNN6cfL0SxO9GafJWkm2fggRtw0Dba+leE4fwCKEoPstG4MAA/q610iGvKR/dwB3rIF";
    private const string Standard = "1FRYWgEAAQEQDAyx5RzzBIoSeYYONeqWkS1y0tHBxM5JHAqxz+gGoMGXk9biK/Q1s1SoovK2mdFG5MBir6SZNXDZLpd3IEXexYGpMISbYDDArj+Bp3z4Q0Zl/Bo7s3xaVe9UJBjGVTcZBAG2fIFC3NuPlB2LMJJIW/Z0LpOYsThsPJVo7X5kmV/JgUR5Jh9mccE4BwCKEoPstG4MAA/q610iGvKR/dwB3rIF";
    private const string Best = "1FRYWgEAAgEQDAwPZmxvYXQzMi1sYW5lczE2AoABBIACICAD0A/oB6CcAQDF8ICkBIoSeYYONeqVfcbQ7/VC53c/9fTeJxGVNPMpGMVnUJybwi0M841OgJp/xGmC3RVd4HruXDmx1kFyzD6IGUD8CVjL0f3N5nz/sK4exdVW1zMTHU5JWT0dBbSi9ijuwxrPqnchwok5wHseSYEQQ0Scs7TarWitzBOVXKZ+UuCqTpIya6kAvACKEoPstG4MAA/q610iGvKR/dwB3rIF";
    private static readonly byte[] Plain = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 40).Select(i => $"line {i * i} of a file that an earlier version has compressed\n")));

    [Theory]
    [InlineData(Fast)]
    [InlineData(Standard)]
    [InlineData(Best)]
    public async Task A_file_of_an_earlier_version_is_restored(string file) => Assert.Equal(Plain, await Sample.DecompressAsync(Convert.FromBase64String(file)));

    [Theory]
    [InlineData(CompressionProfile.Fast, Fast)]
    [InlineData(CompressionProfile.Standard, Standard)]
    public async Task Profiles_for_speed_write_what_an_earlier_version_wrote(CompressionProfile profile, string file) =>
        Assert.Equal(file, Convert.ToBase64String(await Sample.CompressAsync(Plain, profile)));
}
